/*
 * Payloads in tests.
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

#include "claims_text.h"
#include "mint.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct change base[] = {
    {"iss", "\"https://tenant.example/\""},
    {"sub", "\"auth0|1\""},
    {"aud", "\"https://api.example/\""},
    {"exp", "1800000060"},
    {"iat", "1799999940"},
};

char *claims_text(const struct change *changes, size_t count)
{
    char *text = mint_text("{");
    size_t i, j;

    for (i = 0; i < LENGTH(base) + count; i++) {
        const struct change *change = i < LENGTH(base) ? &base[i] : &changes[i - LENGTH(base)];
        bool last = true;
        char *more;

        for (j = i < LENGTH(base) ? 0 : i - LENGTH(base) + 1; j < count; j++) {
            last = last && strcmp(changes[j].name, change->name) != 0;
        }
        if (!last || change->value == NULL) {
            continue;
        }
        more = mint_text("%s%s\"%s\":%s", text, text[1] == '\0' ? "" : ",", change->name,
                         change->value);
        free(text);
        text = more;
    }
    {
        char *whole = mint_text("%s}", text);

        free(text);
        return whole;
    }
}

/* Claims in text, checked; the parsed value must be freed. */
enum reason claims_text_check(const struct token_policy *policy, const char *text,
                              struct json **json, struct claims *claims, struct text *detail)
{
    assert_int_equal(json_parse(bytes_of(text), json), REASON_ACCEPTED);
    return claims_check(policy, *json, JUDGE_NOW, claims, detail);
}
