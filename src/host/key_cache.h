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
#include "host/key_file.h"
#include "jwt/jwks.h"

enum key_freshness {
    KEYS_NONE = 0,
    KEYS_FRESH,
    KEYS_STALE,     /* used, and a login starts a refresh */
    KEYS_TOO_OLD,   /* not used any more */
    KEYS_REFRESHED, /* for this login */
};

struct key_set {
    struct jwks *jwks; /* owned: free with key_set_free */
    enum key_freshness freshness;
    int64_t age; /* seconds since the endpoint was last asked; -1 for jwks_file */
};

/* What the caller lets happen. */
enum key_effort {
    KEY_EFFORT_READ = 0, /* read only: neither spawn nor wait (auth0jwtctl verify) */
    /* Run auth0jwt-refresh where that is due, and wait for it where no keys can be used. */
    KEY_EFFORT_REFRESH
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

/* What key_cache_clear found and removed. */
struct key_cache_cleared {
    bool keys;
    bool state;
};

/* Removes what is cached for the tenant from the open folder. The lock stays: a refresh may hold
 * it, and another must find the same one. False with `why` where something could not be removed. */
bool key_cache_clear(const struct config *config, const struct tenant *tenant, int folder,
                     struct key_cache_cleared *out, struct text *why);

/* "fresh", "stale", "too old", "refreshed", or "" for KEYS_NONE. */
const char *key_freshness_name(enum key_freshness freshness);

/* KEYS_FRESH, KEYS_STALE or KEYS_TOO_OLD, and the seconds since the endpoint was last asked. */
enum key_freshness key_file_freshness(const struct tenant *tenant, const struct key_file *file,
                                      int64_t now, int64_t *age);

void key_set_free(struct key_set *set);

#endif
