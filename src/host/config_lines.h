/*
 * The line grammar of auth0jwt.conf: [section] and key = value.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CONFIG_LINES_H
#define AUTH0JWT_HOST_CONFIG_LINES_H

#include "base/bytes.h"
#include "host/lines.h"

enum config_line_kind {
    CONFIG_LINE_BAD = 0,
    CONFIG_LINE_SECTION,
    CONFIG_LINE_OPTION,
    CONFIG_LINE_END
};

struct config_line {
    struct bytes section; /* what stands between the brackets */
    struct bytes key;
    struct bytes value; /* as written, quotes included; never empty */
};

/* The next line that says something. CONFIG_LINE_BAD: *wrong as for lines_next, whose `lines`
 * counts. */
enum config_line_kind config_lines_next(struct lines *lines, struct config_line *line,
                                        const char **wrong);

#endif
