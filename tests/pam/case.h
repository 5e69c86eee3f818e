/*
 * A case as text (tests/pam/README.md): sections of lines.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_CASE_H
#define AUTH0JWT_TESTS_CASE_H

#include <stddef.h>

#include "stage.h"

enum { SECTIONS_MAX = 32 };

struct section {
    char *name; /* what stands in the brackets */
    struct lines lines;
};

struct test_case {
    char *name; /* of the file */
    struct section section[SECTIONS_MAX];
    size_t count;
};

/* Reads the file; what is no case ends the program. Lines before the first section, lines that
 * begin with '#' and empty lines are left out. */
void case_read(const char *path, struct test_case *out);
void case_free(struct test_case *test);

/* The lines of the section; none where it is not there. */
const struct lines *case_lines(const struct test_case *test, const char *section);
int case_has(const struct test_case *test, const char *section);

#endif
