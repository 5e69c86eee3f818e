/*
 * Text in fixed buffers, and the one quoting of foreign text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_clear(struct text *text)
{
    text->len = 0;
    text->cut = false;
    text->at[0] = '\0';
}

__attribute__((format(printf, 2, 0))) static void add(struct text *text, const char *format,
                                                      va_list args)
{
    size_t room = sizeof(text->at) - text->len;
    int wrote = vsnprintf(text->at + text->len, room, format, args);

    if (wrote < 0) {
        text->at[text->len] = '\0';
        text->cut = true;
    } else if ((size_t)wrote >= room) {
        text->len = sizeof(text->at) - 1;
        text->cut = true;
    } else {
        text->len += (size_t)wrote;
    }
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(text, format, args);
    va_end(args);
}

void text_set(struct text *text, const char *format, ...)
{
    va_list args;

    if (text == NULL) {
        return;
    }
    text_clear(text);
    va_start(args, format);
    add(text, format, args);
    va_end(args);
}

void text_quote(struct text *text, struct bytes foreign)
{
    static const char hex[] = "0123456789abcdef";
    char quoted[TEXT_QUOTE_MAX + 1];
    size_t len = 0;
    size_t i;

    for (i = 0; i < foreign.len; i++) {
        uint8_t byte = foreign.ptr[i];
        bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';

        if (len + (plain ? 1 : 4) > TEXT_QUOTE_MAX) {
            break;
        }
        if (plain) {
            quoted[len++] = (char)byte;
        } else {
            quoted[len++] = '\\';
            quoted[len++] = 'x';
            quoted[len++] = hex[byte >> 4];
            quoted[len++] = hex[byte & 15];
        }
    }
    quoted[len] = '\0';
    text_add(text, "\"%s\"", quoted);
}
