/*
 * Text for people and logs, built in a buffer of fixed size: no allocation, no overflow; what does
 * not fit is cut and marked. The only place that formats, besides the log.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_BASE_TEXT_H
#define AUTH0JWT_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum { TEXT_SIZE = 2048, TEXT_QUOTE_MAX = 128 };

/* Zeroed is empty. at is always NUL-terminated. */
struct text {
    size_t len;
    bool cut;
    char at[TEXT_SIZE];
};

/* `text` may be NULL in all that follow: nobody wants to know. */
void text_clear(struct text *text);

/* Appends as printf does. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replaces the content as printf does. */
void text_set(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends foreign text in double quotes: printable ASCII as it is, a quote, a backslash and all
 * else as \xNN, at most TEXT_QUOTE_MAX characters between the quotes. Nothing that it lets through
 * can end the quotes, start a line or move a terminal's cursor. */
void text_quote(struct text *text, struct bytes foreign);

/* Appends the words, which end in their own space, and then the foreign text as text_quote does. */
void text_add_quoted(struct text *text, const char *words, struct bytes foreign);

/* Appends "90 seconds", "12 minutes", "3 days": rounded down to the largest unit of which there are
 * two, so that it is never off by more than a half. */
void text_add_duration(struct text *text, double seconds);

#endif
