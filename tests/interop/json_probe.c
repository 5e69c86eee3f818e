/*
 * Reads JSON texts (four bytes of length, most significant first, then the text) from standard
 * input until its end; for each prints what src/jwt/json read, written again, or "no". Driven by
 * json_differential.py.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "jwt/json.h"

int main(void)
{
    uint8_t head[4];

    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        uint8_t *text = malloc(len + 1);
        struct json *root = NULL;

        if (text == NULL || fread(text, 1, len, stdin) != len) {
            return 1;
        }
        if (json_parse((struct bytes){text, len}, &root) == REASON_ACCEPTED) {
            json_write(stdout, root);
            putchar('\n');
        } else {
            puts("no");
        }
        json_free(&root);
        free(text);
    }
    return 0;
}
