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
    if (text != NULL) {
        text->len = 0;
        text->cut = false;
        text->at[0] = '\0';
    }
}

__attribute__((format(printf, 2, 0))) static void add(struct text *text, const char *format,
                                                      va_list args)
{
    size_t room;
    int wrote;

    if (text == NULL) {
        return;
    }
    room = sizeof(text->at) - text->len;
    wrote = vsnprintf(text->at + text->len, room, format, args);
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

void text_add_quoted(struct text *text, const char *words, struct bytes foreign)
{
    text_add(text, "%s", words);
    text_quote(text, foreign);
}

void text_add_duration(struct text *text, double seconds)
{
    static const struct {
        double length;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    static const double longest = 1e15; /* keeps the number within its type */
    double span = seconds < 0 ? 0 : seconds < longest ? seconds : longest;
    size_t i = 0;
    int64_t count;

    while (i < sizeof(units) / sizeof(units[0]) - 1 && span < 2 * units[i].length) {
        i++;
    }
    count = (int64_t)(span / units[i].length);
    text_add(text, "%lld %s%s", (long long)count, units[i].name, count == 1 ? "" : "s");
}
