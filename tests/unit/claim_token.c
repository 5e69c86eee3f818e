/*
 * Tokens from claims.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "claim_token.h"

enum { NOW = 1800000000 };

void claim_token_make(const struct tenant *tenant, const char *sub, const char *more,
                      struct access_token *token)
{
    struct token_policy policy;
    struct text detail = {0};
    struct text payload = {0};

    *token = (struct access_token){0};
    config_policy(tenant, NULL, &policy);
    text_set(&payload, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"iat\":%d,\"exp\":%d%s}",
             tenant->issuer, sub, tenant->audience.item[0], NOW - 1, NOW + 600, more);
    assert_false(payload.cut);
    assert_int_equal(json_parse(bytes_of(payload.at), &token->json), REASON_ACCEPTED);
    assert_int_equal(claims_check(&policy, token->json, NOW, &token->claims, &detail),
                     REASON_ACCEPTED);
}

void claim_token_drop(struct access_token *token)
{
    json_free(&token->json);
}
