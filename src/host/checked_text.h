/*
 * A text under one line that says what it is, how long it is and its SHA-256: `MAGIC 1 <hex>
 * <length>` and a newline (PROTOCOL.cache). And the numbers of the JSON that such a text is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CHECKED_TEXT_H
#define AUTH0JWT_HOST_CHECKED_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"
#include "jwt/json.h"

enum { CHECKED_TEXT_LINE_MAX = 128 };

/* The line and the rest in one blob, which the caller frees. False without memory or digest. */
bool checked_text_seal(const char *magic, struct bytes rest, struct blob *out);

/* Writes the text; an error stays with the stream. */
typedef void checked_text_writer(FILE *stream, const void *context);

/* Seals what `write` writes, at most max bytes; the caller frees *out. NULL, or what is wrong. */
const char *checked_text_format(const char *magic, size_t max, checked_text_writer *write,
                                const void *context, struct blob *out);

/* Is this text exactly as it was sealed? *rest is borrowed from it. */
bool checked_text_open(const char *magic, struct bytes sealed, struct bytes *rest);

/* A number in a struct and in an object. */
struct number_row {
    const char *name;
    size_t offset; /* of an int64_t */
};

/* Reads them all into the struct at `into`; false where one is missing or out of range. */
bool number_rows_read(const struct json *object, const struct number_row *rows, size_t count,
                      bool may_be_negative, void *into);

/* Writes each as `"name":value,`. */
void number_rows_write(FILE *stream, const struct number_row *rows, size_t count, const void *from);

#endif
