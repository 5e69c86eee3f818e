/*
 * The refresh of one tenant: under its lock, decide, stamp, fetch, judge, store.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_REFRESH_REFRESH_H
#define AUTH0JWT_REFRESH_REFRESH_H

#include <stdbool.h>

#include "base/log.h"
#include "host/config.h"
#include "host/refresh_run.h"

struct refresh_options {
    bool unknown_kid; /* for a kid that the cache has not: counts against the cooldown */
    bool force;       /* however young the keys are */
    bool quiet;       /* say nothing of a success */
};

/* What went well is said on standard output, what went wrong to the log. */
enum refresh_exit refresh_tenant(const struct config *config, const struct tenant *tenant,
                                 const struct refresh_options *options, const struct log *log);

#endif
