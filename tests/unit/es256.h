/*
 * Two P-256 keys, made in no time, a key set of both, and a verdict to be asserted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef AUTH0JWT_TESTS_ES256_H
#define AUTH0JWT_TESTS_ES256_H

#include <openssl/types.h>

#include "judge.h"

#define ES256_HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k\"}"

struct es256 {
    EVP_PKEY *key;
    EVP_PKEY *other;
    char *jwks; /* key as k, other as o */
};

/* cmocka's set-up and tear-down of a group: *state is a struct es256. */
int es256_make(void **state);
int es256_free(void **state);

/* The verdict on a token that `key` signs with these texts must be `expected`. */
void es256_expect(const struct token_policy *policy, const char *jwks, EVP_PKEY *key,
                  const char *header, const char *payload, enum reason expected);

#endif
