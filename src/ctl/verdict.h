/*
 * A decision, explained: every check with its result, and what is known of the token.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_VERDICT_H
#define AUTH0JWT_CTL_VERDICT_H

#include "login/login.h"

/* Everything is borrowed. */
struct verdict {
    const struct login_request *request;
    const struct decision *decision;
    const struct login *login; /* NULL on a refusal */
};

/* For people, on standard output. */
void verdict_print(const struct verdict *verdict);

/* For programs: one object, the members of which are a contract (auth0jwtctl(8)). */
void verdict_print_json(const struct verdict *verdict);

#endif
