/*
 * Payloads in tests: the least that is accepted, with changes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef AUTH0JWT_TESTS_CLAIMS_TEXT_H
#define AUTH0JWT_TESTS_CLAIMS_TEXT_H

#include "judge.h"

/* A claim to put into the payload as JSON, or to leave out where value is NULL. Of two for one
 * claim the later counts. */
struct change {
    const char *name;
    const char *value;
};

/* The caller frees. */
char *claims_text(const struct change *changes, size_t count);

/* claims_check on the text at JUDGE_NOW; *json must be freed. */
enum reason claims_text_check(const struct token_policy *policy, const char *text,
                              struct json **json, struct claims *claims, struct text *detail);

#endif
