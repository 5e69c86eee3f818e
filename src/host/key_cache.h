/*
 * The keys of a tenant, for a login: from jwks_file, or from the cache that auth0jwt-refresh
 * writes. Decides when to run that program and how long to wait for it; never touches the network
 * itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_KEY_CACHE_H
#define AUTH0JWT_HOST_KEY_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "host/config.h"
#include "jwt/jwks.h"

enum keys_age { KEYS_NONE = 0, KEYS_FRESH, KEYS_STALE, KEYS_REFRESHED };

struct key_set {
    struct jwks *jwks; /* owned: free with key_set_free */
    enum keys_age age_class;
    int64_t age; /* seconds since the endpoint was last asked; -1 for jwks_file */
};

/* What the caller lets happen. */
enum key_effort {
    KEY_EFFORT_READ = 0, /* read only: neither spawn nor wait (auth0jwtctl verify) */
    KEY_EFFORT_REFRESH   /* run auth0jwt-refresh where section 6 of the manual says so */
};

/* The tenant's keys. REASON_KEYS_UNAVAILABLE (none cached or too old, and the refresh failed;
 * jwks_file is no key set), REASON_CONFIG_ERROR (unsafe file), REASON_OUT_OF_MEMORY. `detail` says
 * what happened, or with KEY_EFFORT_READ what the module would do. *out is zeroed unless accepted.
 */
enum reason key_cache_get(const struct config *config, const struct tenant *tenant,
                          enum key_effort effort, int64_t now, const struct log *log,
                          struct key_set *out, struct text *detail);

/* After key_not_found: refreshes for an unknown kid unless the cooldown forbids it, and reads again
 * into *set. True where a refresh ran and a set was read; then look for the key again. */
bool key_cache_get_unknown_kid(const struct config *config, const struct tenant *tenant,
                               enum key_effort effort, int64_t now, const struct log *log,
                               struct key_set *set, struct text *detail);

/* "fresh", "stale", "refreshed", or "" for KEYS_NONE. */
const char *keys_age_name(enum keys_age age);

void key_set_free(struct key_set *set);

#endif
