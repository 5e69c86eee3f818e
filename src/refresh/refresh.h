/*
 * The refresh of one tenant: under its lock, decide, stamp, fetch, judge, store.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_REFRESH_REFRESH_H
#define AUTH0JWT_REFRESH_REFRESH_H

#include <stdbool.h>

#include "host/config.h"

/* Exit statuses: auth0jwt-refresh(8), and host/refresh_run.c, which reads them. */
enum refresh_exit {
    REFRESH_EXIT_FRESH = 0,
    REFRESH_EXIT_FAILED = 1,
    REFRESH_EXIT_USAGE = 2,
    REFRESH_EXIT_NOT_NOW = 3,
    REFRESH_EXIT_LOCK = 4
};

struct refresh_options {
    bool unknown_kid; /* for a kid that the cache has not: counts against the cooldown */
    bool force;       /* however young the keys are */
    bool quiet;       /* say nothing of a success */
};

enum refresh_exit refresh_tenant(const struct config *config, const struct tenant *tenant,
                                 const struct refresh_options *options);

#endif
