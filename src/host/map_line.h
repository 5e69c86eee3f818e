/*
 * The lines of the maps: three columns, TENANT LEFT RIGHT; LEFT may have one *, and RIGHT then too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_MAP_LINE_H
#define AUTH0JWT_HOST_MAP_LINE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "host/lines.h"

/* One column without its escapes: the text, or what stands before and after its *. */
struct map_column {
    bool star;
    struct bytes before;
    struct bytes after;
    struct bytes written; /* with its escapes */
};

struct map_line {
    struct bytes tenant; /* as written */
    struct map_column left;
    struct map_column right;
    uint8_t room[2][LINE_MAX_LENGTH]; /* for columns with escapes */
};

/* The next line of the map, read into *line, which borrows from the text and points into itself.
 * LINE_BAD: *wrong as for lines_next, whose `lines` counts. */
enum line_kind map_line_next(struct lines *lines, struct map_line *line, const char **wrong);

/* Is the text what the column says? *stood: what the * stood for (at least one byte), empty without
 * one. */
bool map_column_match(const struct map_column *column, struct bytes text, struct bytes *stood);

/* Is the text what the column says, with its * standing for `stood`? */
bool map_column_repeat(const struct map_column *column, struct bytes stood, struct bytes text);

#endif
