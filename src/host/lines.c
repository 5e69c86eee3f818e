/*
 * Splitting into lines and words, in one pass and without memory of its own: maps are read at every
 * login and may be large.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/lines.h"

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_control(uint8_t byte)
{
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/* NULL, or what is wrong with the line. */
static const char *judge(struct bytes line, size_t number)
{
    unsigned controls = 0;
    size_t i;

    if (line.len > LINE_MAX_LENGTH) {
        return "the line is longer than 4096 bytes: shorten it";
    }
    if (number == 1 && bytes_begin_with(line, "\xef\xbb\xbf")) {
        return "the file begins with a byte order mark: save it without one";
    }
    /* Without a branch per byte: a map may have a million lines. */
    for (i = 0; i < line.len; i++) {
        controls |= (unsigned)is_control(line.ptr[i]);
    }
    if (controls == 0) {
        return NULL;
    }
    if (line.ptr[line.len - 1] == '\r') {
        return "the line ends in CR LF: save the file with Unix line ends";
    }
    return "there is a control character in the line: remove it";
}

enum line_kind lines_next(struct lines *lines, struct bytes *line, const char **wrong)
{
    *wrong = NULL;
    while (lines->rest.len > 0) {
        struct bytes whole = bytes_first(lines->rest, bytes_find(lines->rest, '\n'));

        lines->rest = bytes_from(lines->rest, whole.len + 1);
        lines->number++;
        *wrong = judge(whole, lines->number);
        if (*wrong != NULL) {
            return LINE_BAD;
        }
        *line = bytes_trim(whole);
        if (line->len > 0 && line->ptr[0] != '#') {
            return LINE_TEXT;
        }
    }
    return LINE_END;
}

bool line_word(struct bytes *rest, struct bytes *word, const char **wrong)
{
    size_t len = 0;

    *wrong = NULL;
    while (rest->len > 0 && is_blank(rest->ptr[0])) {
        *rest = bytes_from(*rest, 1);
    }
    while (len < rest->len && !is_blank(rest->ptr[len])) {
        len += rest->ptr[len] == '\\' ? 2 : 1;
    }
    if (len > rest->len) {
        *wrong = "\\ stands at the end and takes nothing: remove it, or write \\\\";
        return false;
    }
    *word = bytes_first(*rest, len);
    *rest = bytes_from(*rest, len);
    return len > 0;
}

size_t line_unescape(struct bytes text, uint8_t *out)
{
    size_t len = 0;
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len) {
            i++;
        }
        out[len++] = text.ptr[i];
    }
    return len;
}
