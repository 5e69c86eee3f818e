/*
 * A look at the bytes of a JSON text before json-c sees them. json-c 0.16 takes, even in its strict mode, single
 * quotes, NaN, raw control characters, NUL escapes that cut a name short, lone surrogates and overlong UTF-8;
 * none of that gets past here. The structure (commas, colons, brackets that match) is left to json-c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_JSON_GUARD_H
#define AUTH0JWT_JWT_JSON_GUARD_H

#include <stdbool.h>

#include "base/bytes.h"

/* Every token of the text is one of RFC 8259, at most max_depth brackets are open at a time, and there are at
 * most max_values values. *colons counts the colons between tokens: as many members as the text has, when
 * its structure is right. */
bool json_guard(struct bytes text, size_t max_depth, size_t max_values, size_t *colons);

/* Length of the well-formed UTF-8 sequence at the start (RFC 3629), or 0. */
size_t utf8_sequence(struct bytes text);

#endif
