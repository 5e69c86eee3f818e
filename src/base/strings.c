/*
 * Grown one by one, because the lists are short.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/strings.h"

#include <stdint.h>
#include <stdlib.h>

bool strings_add(struct strings *list, struct bytes span)
{
    char *copy = bytes_to_string(span);
    char **grown;

    if (copy == NULL || list->count >= SIZE_MAX / sizeof(*grown) - 1) {
        free(copy);
        return false;
    }
    grown = realloc(list->item, (list->count + 1) * sizeof(*grown));
    if (grown == NULL) {
        free(copy);
        return false;
    }
    grown[list->count] = copy;
    list->item = grown;
    list->count++;
    return true;
}

bool strings_contain(const struct strings *list, struct bytes span)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        if (bytes_equal_string(span, list->item[i])) {
            return true;
        }
    }
    return false;
}

void strings_free(struct strings *list)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        free(list->item[i]);
    }
    free(list->item);
    *list = (struct strings){NULL, 0};
}
