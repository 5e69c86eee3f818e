/*
 * ES256 for tests.
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

#include "es256.h"
#include "mint.h"

int es256_make(void **state)
{
    struct es256 *fixture = calloc(1, sizeof(*fixture));
    char *a, *b;

    assert_non_null(fixture);
    fixture->key = mint_key("P-256");
    fixture->other = mint_key("P-256");
    a = mint_jwk(fixture->key, "k", "ES256", ",\"use\":\"sig\"");
    b = mint_jwk(fixture->other, "o", NULL, NULL);
    fixture->jwks = mint_jwks(a, b);
    free(a);
    free(b);
    *state = fixture;
    return 0;
}

int es256_free(void **state)
{
    struct es256 *fixture = *state;

    EVP_PKEY_free(fixture->key);
    EVP_PKEY_free(fixture->other);
    free(fixture->jwks);
    free(fixture);
    return 0;
}

void es256_expect(const struct token_policy *policy, const char *jwks, EVP_PKEY *key,
                  const char *header, const char *payload, enum reason expected)
{
    char *token = mint_token(key, "ES256", header, payload);
    struct jwks *set = NULL;
    struct text detail = {0};
    enum reason r;
    size_t i;

    assert_int_equal(jwks_parse(bytes_of(jwks), &set), REASON_ACCEPTED);
    r = judge(policy, set, bytes_of(token), JUDGE_NOW, NULL, &detail);
    for (i = 0; i < detail.len; i++) {
        assert_in_range(detail.at[i], 0x20, 0x7e);
    }
    if (r != expected) {
        fail_msg("%s %s: %s, not %s", header, payload, reason_name(r), reason_name(expected));
    }
    jwks_free(&set);
    free(token);
}
