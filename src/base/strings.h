/*
 * A list of owned C strings: audiences, permissions, names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_BASE_STRINGS_H
#define AUTH0JWT_BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct strings {
    char **item;
    size_t count;
};

/* Adds a copy. False without memory, or where the span holds a NUL; the list is then unchanged. */
bool strings_add(struct strings *list, struct bytes span);

/* Compared whole, byte for byte. */
bool strings_contain(const struct strings *list, struct bytes span);

/* Frees all and leaves an empty list; a zeroed list is fine. */
void strings_free(struct strings *list);

#endif
