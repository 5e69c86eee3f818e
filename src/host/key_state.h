/*
 * NAME.state: what auth0jwt-refresh remembers of its attempts, so that no two processes and no two
 * logins ask the endpoint more often than the configuration allows (PROTOCOL.cache).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_KEY_STATE_H
#define AUTH0JWT_HOST_KEY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "host/config.h"

struct key_state {
    int64_t last_attempt;             /* seconds since the epoch; 0: never */
    int64_t last_unknown_kid_attempt; /* likewise */
    int64_t unknown_kid_misses;       /* of those in a row that brought no new kid */
    int64_t failures;                 /* in a row */
    char last_error[256];             /* "" after a success */
};

/* A file that is missing, damaged or not readable by this user is an empty state. */
void key_state_read(const struct config *config, const struct tenant *tenant,
                    struct key_state *state);

/* Atomically, mode 0600. False with `why`. */
bool key_state_write(const struct config *config, const struct tenant *tenant,
                     const struct key_state *state, struct text *why);

/* Notes what went wrong, cut to what fits. */
void key_state_set_error(struct key_state *state, const char *error);

/* Seconds until a refresh for an unknown kid may run again; 0: now. Each miss doubles the cooldown,
 * up to key_refresh. */
int64_t key_state_cooldown_left(const struct key_state *state, const struct tenant *tenant,
                                int64_t now);

/* Did an attempt begin so short a time ago that it may still be running? */
bool key_state_attempt_begun(const struct key_state *state, const struct tenant *tenant,
                             int64_t now);

#endif
