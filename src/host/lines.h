/*
 * The lines of a configuration file or map, one after the other: what every such file has in common
 * is judged here (length, control characters, line ends, comments).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_LINES_H
#define AUTH0JWT_HOST_LINES_H

#include <stddef.h>

#include "base/bytes.h"

enum { LINE_MAX_LENGTH = 4096 }; /* bytes, without the line end */

enum line_kind { LINE_BAD = 0, LINE_TEXT, LINE_END };

/* Start with the whole text and number 0. */
struct lines {
    struct bytes rest;
    size_t number; /* of the line that was handed out last, from 1 */
};

/* The next line that is neither blank nor a comment, without white space at its ends: LINE_TEXT.
 * LINE_BAD: *wrong says what is wrong with the line and what to do, static text that follows
 * "file:line: ". */
enum line_kind lines_next(struct lines *lines, struct bytes *line, const char **wrong);

/* Cuts the next word off *rest; words are separated by spaces and tabs, `\` takes the next
 * character literally and stays in the word. False where there is none, or (*wrong not NULL) where
 * a `\` has nothing to take. */
bool line_word(struct bytes *rest, struct bytes *word, const char **wrong);

/* Copies the text to `out`, which has room for text.len bytes, without the backslashes that take
 * the next character literally. Returns the length. */
size_t line_unescape(struct bytes text, uint8_t *out);

#endif
