/*
 * Parsing in tests.
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

#include "json_text.h"

/* Parses from memory that ends with the text, so that a sanitizer sees every step behind it. */
struct json *json_text_parse(const void *text, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    struct json *root = (struct json *)copy; /* to be overwritten */
    enum reason r;

    assert_non_null(copy);
    memcpy(copy + 1, text, len);
    r = json_parse((struct bytes){copy + 1, len}, &root);
    assert_true(r == REASON_ACCEPTED || r == REASON_MALFORMED);
    assert_true((r == REASON_ACCEPTED) == (root != NULL));
    free(copy);
    return root;
}

struct json *json_text_accept(const char *text)
{
    struct json *root = json_text_parse(text, strlen(text));

    if (root == NULL) {
        fail_msg("refused: %s", text);
    }
    return root;
}

void json_text_refuse(const void *text, size_t len)
{
    struct json *root = json_text_parse(text, len);

    if (root != NULL) {
        fail_msg("accepted: %.*s", (int)len, (const char *)text);
    }
}

void json_text_refuse_string(const char *text)
{
    json_text_refuse(text, strlen(text));
}
