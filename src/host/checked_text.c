/*
 * Sealing and opening. There is one spelling of the line for a given rest, so opening makes the
 * line anew and compares: nothing in a file is parsed before its digest is good.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/checked_text.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_SIZE = 32 };

/* The end of the year 9999 as a time; no other number comes near. */
static const double number_max = 253402300799.0;

/* Length of the line, or 0 where there is no digest to be had. */
static size_t make_line(const char *magic, struct bytes rest, char line[CHECKED_TEXT_LINE_MAX])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[2 * DIGEST_SIZE + 1];
    unsigned int size = 0;
    int good;
    int wrote;
    size_t i;

    ERR_set_mark();
    good = EVP_Digest(rest.ptr, rest.len, digest, &size, EVP_sha256(), NULL);
    ERR_pop_to_mark();
    if (good != 1 || size != DIGEST_SIZE) {
        return 0;
    }
    for (i = 0; i < DIGEST_SIZE; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    text[2 * DIGEST_SIZE] = '\0';
    wrote = snprintf(line, CHECKED_TEXT_LINE_MAX, "%s 1 %s %zu\n", magic, text, rest.len);
    return wrote > 0 && wrote < CHECKED_TEXT_LINE_MAX ? (size_t)wrote : 0;
}

bool checked_text_seal(const char *magic, struct bytes rest, struct blob *out)
{
    char line[CHECKED_TEXT_LINE_MAX];
    size_t length = make_line(magic, rest, line);

    *out = (struct blob){NULL, 0};
    if (length == 0 || !blob_new(out, length + rest.len)) {
        return false;
    }
    memcpy(out->ptr, line, length);
    if (rest.len > 0) {
        memcpy(out->ptr + length, rest.ptr, rest.len);
    }
    return true;
}

const char *checked_text_format(const char *magic, size_t max, checked_text_writer *write,
                                const void *context, struct blob *out)
{
    const char *wrong = "out of memory";
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    bool good = false;

    *out = (struct blob){NULL, 0};
    if (stream != NULL) {
        write(stream, context);
        good = ferror(stream) == 0;
        good = fclose(stream) == 0 && good;
    }
    if (good && length > max) {
        wrong = "too large to be read again";
    } else if (good &&
               checked_text_seal(magic, (struct bytes){(const uint8_t *)text, length}, out)) {
        wrong = NULL;
    }
    free(text);
    return wrong;
}

bool checked_text_open(const char *magic, struct bytes sealed, struct bytes *rest)
{
    char line[CHECKED_TEXT_LINE_MAX];
    size_t end = bytes_find(bytes_first(sealed, CHECKED_TEXT_LINE_MAX), '\n');
    struct bytes body = bytes_from(sealed, end + 1);
    size_t length = make_line(magic, body, line);

    *rest = (struct bytes){NULL, 0};
    if (length == 0 || length != end + 1 || sealed.len < length ||
        memcmp(sealed.ptr, line, length) != 0) {
        return false;
    }
    *rest = body;
    return true;
}

bool number_rows_read(const struct json *object, const struct number_row *rows, size_t count,
                      bool may_be_negative, void *into)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const struct json *member = NULL;
        int64_t number;
        double value;

        if (!json_member(object, rows[i].name, &member) || !json_number(member, &value) ||
            value < (may_be_negative ? -number_max : 0) || value > number_max) {
            return false;
        }
        number = (int64_t)value;
        memcpy((char *)into + rows[i].offset, &number, sizeof(number));
    }
    return true;
}

void number_rows_write(FILE *stream, const struct number_row *rows, size_t count, const void *from)
{
    size_t i;

    for (i = 0; i < count; i++) {
        int64_t number;

        memcpy(&number, (const char *)from + rows[i].offset, sizeof(number));
        fprintf(stream, "\"%s\":%lld,", rows[i].name, (long long)number);
    }
}
