/*
 * One case on its way: what it expects, what was seen, and what is wrong.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_RUN_H
#define AUTH0JWT_TESTS_RUN_H

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stddef.h>

#include "case.h"
#include "stage.h"
#include "world.h"

struct prompt_line {
    char *said;   /* "off \"Access token: \"" */
    char *answer; /* NULL for a message */
};

struct run {
    const struct test_case *test;
    struct world world;
    struct stage stage;
    struct prompt_line *expected; /* the user's side */
    size_t expected_count;
    size_t next;
    long typing;          /* seconds that each answer takes */
    struct lines answers; /* what was typed */
    struct lines faults;
    pam_handle_t *pamh;
    bool debug;
};

/* Something is not as the case says. */
void run_fault(struct run *run, const char *what, const char *seen, const char *wanted);

/* run_setup.c: the world of the case and the PAM handle. run_tear_down frees, but does not end the
 * handle. */
void run_set_up(struct run *run);
void run_tear_down(struct run *run);

/* Changes one setting: "SECTION.NAME = VALUE" or "-SECTION.NAME". */
void run_set_config(struct run *run, const char *line);

/* run_compare.c: log, PAM_AUTHTOK and conversation against the case; no piece of an answer
 * anywhere. */
void run_compare(struct run *run);

/* coverage.c: notes the reasons in the run's log; at the end, whether each one that is possible was
 * seen. */
void coverage_note(const struct run *run);
bool coverage_check(void);

#endif
