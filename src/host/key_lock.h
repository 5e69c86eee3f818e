/*
 * NAME.lock: one refresh at a time per tenant. An open file description lock, so that it ends with
 * the process that holds it, however that ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_KEY_LOCK_H
#define AUTH0JWT_HOST_KEY_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "host/config.h"

enum key_lock {
    KEY_LOCK_FAILED = 0, /* cannot be opened or locked; `why` says it */
    KEY_LOCK_TAKEN,
    KEY_LOCK_BUSY /* somebody else held it all the time */
};

/* Takes the tenant's lock in the open cache folder, waiting at most timeout_ms by the monotonic
 * clock. *fd holds it until it is closed; *waited says that it was not free at once. */
enum key_lock key_lock_take(const struct config *config, const struct tenant *tenant, int folder,
                            int64_t timeout_ms, int *fd, bool *waited, struct text *why);

/* Does somebody hold it now? False where that cannot be told. */
bool key_lock_is_held(const struct config *config, const struct tenant *tenant);

#endif
