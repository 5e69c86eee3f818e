/*
 * Memory that runs out on demand: link with -Wl,--wrap= of malloc, calloc, realloc and strdup.
 * Allocations inside of shared libraries are not counted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_FAIL_ALLOC_H
#define AUTH0JWT_TESTS_FAIL_ALLOC_H

#include <stdbool.h>

/* From now on the n-th allocation fails, counted from 1, and only that one; 0: none. */
void fail_alloc_at(unsigned long n);

/* Has the allocation that was to fail been asked for? */
bool fail_alloc_done(void);

#endif
