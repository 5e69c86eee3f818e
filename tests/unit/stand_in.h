/*
 * What a test program does when it is executed in the place of auth0jwt-refresh: it writes down
 * what it sees of itself beside the file that --config names, and does what that file says: `exit
 * N`, `sleep MS` (then exit 0), `kill N`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_STAND_IN_H
#define AUTH0JWT_TESTS_STAND_IN_H

#include <stdbool.h>

/* Was this program executed as auth0jwt-refresh is? */
bool stand_in_called(int argc, char **argv);

/* Does not return. Writes CONF.record at once and CONF.end when it has slept. */
void stand_in_run(int argc, char **argv) __attribute__((noreturn));

#endif
