/*
 * Memory that held a secret is overwritten before it is given back. explicit_bzero is a call that
 * the compiler may not drop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_BASE_WIPE_H
#define AUTH0JWT_BASE_WIPE_H

#include <stdlib.h>
#include <string.h>

/* Overwrites and frees len bytes at ptr, which may be NULL. */
static inline void wipe_free(void *ptr, size_t len)
{
    if (ptr != NULL) {
        explicit_bzero(ptr, len);
        free(ptr);
    }
}

/* The same for a C string. */
static inline void wipe_free_string(char *string)
{
    if (string != NULL) {
        wipe_free(string, strlen(string));
    }
}

#endif
