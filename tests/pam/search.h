/*
 * A search for secrets in freed and in living memory that does not have the secrets itself: it
 * knows the hashes of all their pieces of WINDOW bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_SEARCH_H
#define AUTH0JWT_TESTS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WINDOW = 16, TABLE = 1 << 15, TOKEN_MAX = 8192 };

/* What the child tells: in shared memory, which the search leaves out. */
struct secret {
    uint64_t needles[TABLE]; /* hashes of all windows; 0 is an empty place */
    uint8_t veiled[TOKEN_MAX];
    size_t len;
};

extern struct secret *secret;

struct watch {
    bool watching; /* look at all that is freed */
    size_t leaks;  /* pieces that were found there */
    bool inside;   /* in the module's authenticate: count allocations */
    long allocations;
    long fail_at; /* the number of the one that fails; 0: none */
    bool failed;  /* it was made to fail */
};
extern struct watch watch;

/* Adds all pieces of the bytes to what is searched for. */
void search_learn(const uint8_t *bytes, size_t len);

/* Looks at one block of the heap as if it were freed. */
void search_block(void *block);

/* Pieces in all private writable memory of the process: heap, stack, data. */
size_t search_everywhere(void);

#endif
