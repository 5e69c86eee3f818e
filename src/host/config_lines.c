/*
 * Telling sections from options by their shape alone, so that a file can be gone through before it
 * is known which names count.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/config_lines.h"

enum config_line_kind config_lines_next(struct lines *lines, struct config_line *line,
                                        const char **wrong)
{
    struct bytes text;
    size_t equals;

    *line = (struct config_line){{NULL, 0}, {NULL, 0}, {NULL, 0}};
    switch (lines_next(lines, &text, wrong)) {
    case LINE_END:
        return CONFIG_LINE_END;
    case LINE_TEXT:
        break;
    case LINE_BAD:
    default:
        return CONFIG_LINE_BAD;
    }
    if (text.ptr[0] == '[') {
        if (text.ptr[text.len - 1] != ']') {
            *wrong = "the section has no closing ], or something stands behind it: write [section]";
            return CONFIG_LINE_BAD;
        }
        line->section = bytes_trim(bytes_from(bytes_first(text, text.len - 1), 1));
        return CONFIG_LINE_SECTION;
    }
    equals = bytes_find(text, '=');
    if (equals == text.len) {
        *wrong = "there is no = in the line: write key = value, or # in front of a comment";
        return CONFIG_LINE_BAD;
    }
    line->key = bytes_trim(bytes_first(text, equals));
    line->value = bytes_trim(bytes_from(text, equals + 1));
    if (line->key.len == 0) {
        *wrong = "there is no key before the =: write key = value";
        return CONFIG_LINE_BAD;
    }
    if (line->value.len == 0) {
        *wrong = "there is no value behind the =: write one, or remove the line for the default";
        return CONFIG_LINE_BAD;
    }
    return CONFIG_LINE_OPTION;
}
