/*
 * A look at the bytes of a JSON text before json-c sees them. json-c takes, even in its strict
 * mode, single quotes, NaN, raw control characters, NUL escapes that cut a name short, lone
 * surrogates and overlong UTF-8, and 0.18's strict mode refuses all UTF-8 outside ASCII. So the
 * grammar is judged here, and json-c only builds the tree.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_JSON_GUARD_H
#define AUTH0JWT_JWT_JSON_GUARD_H

#include <stdbool.h>

#include "base/bytes.h"

/* What a text holds. A tree that json-c made of it holds as much, or something was lost: a member
 * that was there twice, a piece of a string for which there was no memory. */
struct json_tally {
    size_t members;    /* of all objects */
    size_t values;     /* all, the root included, names of members not */
    size_t containers; /* objects and arrays among them */
    size_t text;       /* bytes of all strings and names, without quotes and escapes */
};

/* Is every token of the text one of RFC 8259, are at most max_depth brackets open at a time, and
 * are there at most max_values values? *tally is right where the structure is. */
bool json_guard(struct bytes text, size_t max_depth, size_t max_values, struct json_tally *tally);

/* Length of the well-formed UTF-8 sequence at the start (RFC 3629), or 0. */
size_t utf8_sequence(struct bytes text);

#endif
