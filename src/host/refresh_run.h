/*
 * Running auth0jwt-refresh from inside a foreign process (sshd, sudo, dovecot) without the host
 * noticing: no signal, no change of dispositions, no descriptor, no environment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_REFRESH_RUN_H
#define AUTH0JWT_HOST_REFRESH_RUN_H

#include <stdint.h>

#include "base/text.h"
#include "host/config.h"

enum refresh_kind {
    REFRESH_PLAIN = 0,   /* wait for it */
    REFRESH_UNKNOWN_KID, /* wait for it; counts against the cooldown */
    REFRESH_DETACHED     /* start it and go on */
};

enum refresh_result {
    REFRESH_FAILED = 0, /* could not be started, or ended badly */
    REFRESH_DONE,       /* exit status 0: keys are fresh now */
    REFRESH_NOT_NOW,    /* exit status 3 or 4: cooldown, back-off, lock */
    REFRESH_TIMED_OUT,  /* still running at the deadline; it was left alone */
    REFRESH_STARTED     /* REFRESH_DETACHED only */
};

/* Exit statuses of auth0jwt-refresh(8). */
enum refresh_exit {
    REFRESH_EXIT_FRESH = 0,
    REFRESH_EXIT_FAILED = 1,
    REFRESH_EXIT_USAGE = 2,
    REFRESH_EXIT_NOT_NOW = 3,
    REFRESH_EXIT_LOCK = 4
};

/* Runs config->global.refresh_program for the tenant. Waits at most timeout_ms milliseconds by the
 * monotonic clock. Starts nothing where this process may not write the cache. `why` says what went
 * wrong. */
enum refresh_result refresh_run(const struct config *config, const struct tenant *tenant,
                                enum refresh_kind kind, int64_t timeout_ms, struct text *why);

/* The longest that one run of auth0jwt-refresh can take for a tenant, in seconds: it ends by an
 * alarm. */
int64_t refresh_alarm_seconds(const struct tenant *tenant);

#endif
