/*
 * The child that talks to the network has nothing to lose: no privilege, no file to write, no way
 * back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_REFRESH_CONFINE_H
#define AUTH0JWT_REFRESH_CONFINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"

struct confinement {
    bool drop; /* we are root: become uid and gid */
    uid_t uid;
    gid_t gid;
    pid_t parent;   /* whose death is ours too */
    unsigned alarm; /* seconds of wall clock to live */
};

/* Fills in whom to become: where this process is root, AUTH0JWT_USER or else nobody. False with
 * `why`. */
bool confine_plan(struct confinement *plan, struct text *why);

/* Gives everything up, for good, and checks that it is gone. False with `why`: then nothing may be
 * done but to say so and to end. To be called before any library that the network reaches. */
bool confine_enter(const struct confinement *plan, struct text *why);

#endif
