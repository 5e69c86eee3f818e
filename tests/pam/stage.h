/*
 * The stage on which the built module plays: the real libpam, with the log, the passwd database and
 * the user's side of the conversation in the hands of the test. What fails here ends the program.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_STAGE_H
#define AUTH0JWT_TESTS_STAGE_H

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stddef.h>

/* Lines, in the order in which they came. */
struct lines {
    char **at;
    size_t count;
};

void lines_add(struct lines *lines, const char *line);
void lines_free(struct lines *lines);

struct stage {
    struct lines log;       /* "NOTICE refuse ..." */
    struct lines said;      /* off "prompt", error "message", ... */
    const char *first_pass; /* borrowed */
    char *authtok;          /* what a later module found */
    bool after;             /* a later auth module was asked */
    bool account_went_on;   /* a later account module was asked */
    /* The user: returns malloc'ed text, or NULL. *code is PAM_SUCCESS where it is not changed. */
    char *(*answer)(void *context, int style, const char *prompt, int *code);
    void *context;
    long seconds; /* that the clock is ahead of the real one */
    /* Called where the auth phase is about to enter the module, and behind it; may be NULL. */
    void (*passing)(bool entering);
};

/* There is one stage at a time, because the functions that the module calls instead of libpam's and
 * libc's have no argument of ours. */
void stage_enter(struct stage *stage);

/* Not 0 while the test's own functions run inside a call of the module, for a test that counts
 * allocations. */
extern int stage_busy;
void stage_leave(struct stage *stage);

/* printf into memory that the caller frees. */
char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/* Writes DIR/NAME with mode 0644. */
void write_file(const char *dir, const char *name, const char *text);

/* A service file in `dir` with the probe around the module. */
void stage_service(const char *dir, const char *service, const char *module, const char *probe,
                   const char *arguments);

/* pam_start with that folder, and the items. NULL items are not set. */
pam_handle_t *stage_start(const char *dir, const char *service, const char *user,
                          const char *rhost);

/* What a well-behaved guest does not change: descriptors, signal dispositions, umask, working
 * folder, children, the environment. A description of it that the caller frees. */
char *stage_condition(void);

/* The name without "PAM_", and the code of a name with it, -1 where there is none. */
const char *code_name(int code);
int code_of(const char *name);

#endif
