/*
 * A token as if it had been verified, from its claims alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_CLAIM_TOKEN_H
#define AUTH0JWT_TESTS_CLAIM_TOKEN_H

#include "host/config.h"

/* A token of the tenant with these claims beside the usual ones; `more` begins with a comma, or is
 * empty. The real check of claims accepts it, or the test fails. */
void claim_token_make(const struct tenant *tenant, const char *sub, const char *more,
                      struct access_token *token);

void claim_token_drop(struct access_token *token);

#endif
