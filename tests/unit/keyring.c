/*
 * Keys of each kind for tests.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "judge.h"
#include "keyring.h"
#include "mint.h"

const char *const keyring_algs[KEYRING_ALGS] = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                                "PS512", "ES256", "ES384", "ES512", "EdDSA"};
const char *const keyring_kinds[KEYRING_KINDS] = {"RSA", "P-256", "P-384", "P-521", "Ed25519"};

int keyring_make(void **state)
{
    struct keyring *keys = calloc(1, sizeof(*keys));
    size_t i;

    assert_non_null(keys);
    for (i = 0; i < KEYRING_KINDS; i++) {
        keys->first[i] = mint_key(keyring_kinds[i]);
        keys->second[i] = mint_key(keyring_kinds[i]);
    }
    *state = keys;
    return 0;
}

int keyring_free(void **state)
{
    struct keyring *keys = *state;
    size_t i;

    for (i = 0; i < KEYRING_KINDS; i++) {
        EVP_PKEY_free(keys->first[i]);
        EVP_PKEY_free(keys->second[i]);
    }
    free(keys);
    return 0;
}

size_t keyring_kind(const char *alg)
{
    size_t i;

    for (i = 0; i < KEYRING_KINDS; i++) {
        if (strcmp(mint_kind(alg), keyring_kinds[i]) == 0) {
            return i;
        }
    }
    fail();
    return 0;
}

EVP_PKEY *keyring_key(const struct keyring *keys, const char *alg)
{
    return keys->first[keyring_kind(alg)];
}

char *keyring_header(const char *alg)
{
    return mint_text("{\"alg\":\"%s\",\"kid\":\"k\",\"typ\":\"JWT\"}", alg);
}

char *keyring_token(EVP_PKEY *key, const char *alg)
{
    char *header = keyring_header(alg);
    char *token = mint_token(key, alg, header, JUDGE_PAYLOAD);

    free(header);
    return token;
}

struct jwks *keyring_parse(const char *text)
{
    struct jwks *set = NULL;

    assert_int_equal(jwks_parse(bytes_of(text), &set), REASON_ACCEPTED);
    return set;
}

/* A set of this one key, named k, with or without its alg. */
struct jwks *keyring_set(EVP_PKEY *key, const char *alg)
{
    char *jwk = mint_jwk(key, "k", alg, NULL);
    char *text = mint_jwks(jwk, NULL);
    struct jwks *set = keyring_parse(text);

    free(jwk);
    free(text);
    return set;
}
