/*
 * Reading and matching the lines of a map, without memory of its own: at every login each line is
 * judged, and there may be a million.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/map_line.h"

/* Takes the escapes out and finds the star. NULL, or what is wrong. */
static const char *read_column(struct bytes word, uint8_t *room, struct map_column *column)
{
    size_t star = bytes_find(word, '*');
    size_t len = 0;
    size_t i;

    *column = (struct map_column){star < word.len, bytes_first(word, star),
                                  bytes_from(word, star + 1), word};
    if (bytes_find(word, '\\') == word.len) {
        return bytes_find(column->after, '*') == column->after.len
                   ? NULL
                   : "there is more than one * in a column: remove one, or write \\* for the sign";
    }
    *column = (struct map_column){false, {room, 0}, {NULL, 0}, word};
    for (i = 0; i < word.len; i++) {
        if (word.ptr[i] == '*' && column->star) {
            return "there is more than one * in a column: remove one, or write \\* for the sign";
        }
        if (word.ptr[i] == '*') {
            column->star = true;
            column->before.len = len;
            continue;
        }
        i += word.ptr[i] == '\\' ? 1 : 0;
        room[len++] = word.ptr[i];
    }
    if (column->star) {
        column->after = bytes_from((struct bytes){room, len}, column->before.len);
    } else {
        column->before.len = len;
    }
    return NULL;
}

enum line_kind map_line_next(struct lines *lines, struct map_line *line, const char **wrong)
{
    struct bytes left;
    struct bytes right;
    struct bytes extra;
    struct bytes text;
    enum line_kind kind = lines_next(lines, &text, wrong);

    if (kind != LINE_TEXT) {
        return kind;
    }
    if (!line_word(&text, &line->tenant, wrong) || !line_word(&text, &left, wrong) ||
        !line_word(&text, &right, wrong)) {
        if (*wrong == NULL) {
            *wrong = "the line has fewer than three columns: add what is missing";
        }
        return LINE_BAD;
    }
    if (line_word(&text, &extra, wrong) || *wrong != NULL) {
        *wrong = "the line has more than three columns: write \\ in front of a space that belongs "
                 "to a name, and comments on lines of their own";
        return LINE_BAD;
    }
    *wrong = read_column(left, line->room[0], &line->left);
    if (*wrong == NULL) {
        *wrong = read_column(right, line->room[1], &line->right);
    }
    if (*wrong == NULL && line->right.star && !line->left.star) {
        *wrong = "the third column has a * that the second has not: remove it, or write \\*";
    }
    return *wrong == NULL ? LINE_TEXT : LINE_BAD;
}

static bool begins_with(struct bytes text, struct bytes prefix)
{
    return text.len >= prefix.len && bytes_equal(bytes_first(text, prefix.len), prefix);
}

bool map_column_match(const struct map_column *column, struct bytes text, struct bytes *stood)
{
    size_t fixed = column->before.len + column->after.len;

    *stood = (struct bytes){NULL, 0};
    if (!column->star) {
        return bytes_equal(text, column->before);
    }
    if (text.len <= fixed || !begins_with(text, column->before) ||
        !bytes_equal(bytes_from(text, text.len - column->after.len), column->after)) {
        return false;
    }
    *stood = bytes_first(bytes_from(text, column->before.len), text.len - fixed);
    return true;
}

bool map_column_repeat(const struct map_column *column, struct bytes stood, struct bytes text)
{
    struct bytes found;

    return map_column_match(column, text, &found) && (!column->star || bytes_equal(found, stood));
}
