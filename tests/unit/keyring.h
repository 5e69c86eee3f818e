/*
 * Two keys of each kind, and the tokens and key sets that tests make of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef AUTH0JWT_TESTS_KEYRING_H
#define AUTH0JWT_TESTS_KEYRING_H

#include <openssl/types.h>
#include <stddef.h>

#include "jwt/jwks.h"

enum { KEYRING_ALGS = 10, KEYRING_KINDS = 5 };

extern const char *const keyring_algs[KEYRING_ALGS];
extern const char *const keyring_kinds[KEYRING_KINDS];

struct keyring {
    EVP_PKEY *first[KEYRING_KINDS];
    EVP_PKEY *second[KEYRING_KINDS];
};

/* cmocka's set-up and tear-down of a group: *state is a struct keyring. */
int keyring_make(void **state);
int keyring_free(void **state);

size_t keyring_kind(const char *alg);
EVP_PKEY *keyring_key(const struct keyring *keys, const char *alg);

/* A header with this alg, and a token that the policy of judge.h accepts; the caller frees. */
char *keyring_header(const char *alg);
char *keyring_token(EVP_PKEY *key, const char *alg);

/* A set, and one of this one key, named k, with or without its alg. */
struct jwks *keyring_parse(const char *text);
struct jwks *keyring_set(EVP_PKEY *key, const char *alg);

#endif
