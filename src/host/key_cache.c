/*
 * When a login takes the keys as they are, when it has them refreshed, and when it waits for that.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/key_cache.h"

#include <string.h>
#include <syslog.h>

#include "base/safe_file.h"
#include "host/cache_folder.h"
#include "host/key_file.h"
#include "host/key_lock.h"
#include "host/key_state.h"
#include "host/refresh_run.h"

/* A program that was started in the background has said after this time whether it could be. */
enum { START_TIMEOUT_MS = 1000 };

/* One login's question. */
struct query {
    const struct config *config;
    const struct tenant *tenant;
    enum key_effort effort;
    int64_t now;
    const struct log *log;
    struct text *detail;
};

const char *key_freshness_name(enum key_freshness freshness)
{
    static const char *const names[] = {
        [KEYS_NONE] = "",           [KEYS_FRESH] = "fresh",         [KEYS_STALE] = "stale",
        [KEYS_TOO_OLD] = "too old", [KEYS_REFRESHED] = "refreshed",
    };

    return (size_t)freshness < sizeof(names) / sizeof(names[0]) ? names[freshness] : "";
}

void key_set_free(struct key_set *set)
{
    jwks_free(&set->jwks);
    *set = (struct key_set){0};
}

static enum reason read_jwks_file(const struct query *query, struct key_set *out)
{
    const char *path = query->tenant->jwks_file;
    struct blob text = {NULL, 0};
    enum reason r = REASON_CONFIG_ERROR;

    switch (safe_file_read(path, JWKS_MAX_SIZE, &text, query->detail)) {
    case SAFE_FILE_OK:
        r = jwks_parse(bytes_of_blob(&text), &out->jwks);
        break;
    case SAFE_FILE_NO_MEMORY:
        r = REASON_OUT_OF_MEMORY;
        break;
    case SAFE_FILE_UNSAFE:
    case SAFE_FILE_MISSING:
    default:
        break;
    }
    blob_free(&text);
    if (r == REASON_ACCEPTED) {
        out->freshness = KEYS_FRESH;
        out->age = -1;
    } else if (r == REASON_KEYS_UNAVAILABLE) {
        text_set(query->detail, "%s is not a JSON key set", path);
    } else if (r == REASON_OUT_OF_MEMORY) {
        text_set(query->detail, "out of memory");
    }
    return r;
}

enum key_freshness key_file_freshness(const struct tenant *tenant, const struct key_file *file,
                                      int64_t now, int64_t *age)
{
    *age = file->checked > now ? 0 : now - file->checked;
    if (*age >= tenant->key_max_age) {
        return KEYS_TOO_OLD;
    }
    return *age >= tenant->key_refresh ? KEYS_STALE : KEYS_FRESH;
}

/* The cached set where it is young enough to be used. REASON_KEYS_UNAVAILABLE with the cause in
 * `detail`. */
static enum reason read_cache(const struct query *query, struct key_set *out)
{
    const struct tenant *tenant = query->tenant;
    enum reason r = REASON_KEYS_UNAVAILABLE;
    struct key_file *file = NULL;
    enum key_freshness freshness;
    int64_t age;

    switch (key_file_read(query->config, tenant, query->now, &file, query->detail)) {
    case KEY_FILE_OK:
        break;
    case KEY_FILE_UNSAFE:
        return REASON_CONFIG_ERROR;
    case KEY_FILE_NO_MEMORY:
        return REASON_OUT_OF_MEMORY;
    case KEY_FILE_ABSENT:
    default:
        return REASON_KEYS_UNAVAILABLE;
    }
    freshness = key_file_freshness(tenant, file, query->now, &age);
    if (freshness == KEYS_TOO_OLD) {
        text_set(query->detail,
                 "the cached keys of tenant %s are %lld s old, key_max_age is %lld s", tenant->name,
                 (long long)age, (long long)tenant->key_max_age);
    } else {
        out->age = age;
        out->freshness = freshness;
        out->jwks = file->jwks;
        file->jwks = NULL;
        r = REASON_ACCEPTED;
    }
    key_file_free(&file);
    return r;
}

/* Appends what went wrong, and what the refresh program noted of it. */
static void add_failure(const struct query *query, const struct text *why)
{
    struct key_state state;

    key_state_read(query->config, query->tenant, &state);
    text_add(query->detail, "%s%s", query->detail->len > 0 ? "; " : "", why->at);
    if (state.last_error[0] != '\0') {
        text_add(query->detail, "; last error: %s", state.last_error);
    }
}

static void refresh_in_background(const struct query *query, const struct key_set *set)
{
    struct key_state state;
    struct text why = {0};

    /* In a process that may not write the cache this is everyday business: the timer is there for
     * it. */
    if (!cache_folder_is_ours(query->config, &why)) {
        log_line(query->log, LOG_DEBUG, "tenant %s: keys are %lld s old: %s", query->tenant->name,
                 (long long)set->age, why.at);
        return;
    }
    key_state_read(query->config, query->tenant, &state);
    if (key_state_attempt_begun(&state, query->tenant, query->now)) {
        return;
    }
    if (query->effort == KEY_EFFORT_READ) {
        text_set(query->detail,
                 "keys are %lld s old: the module would use them and run auth0jwt-refresh in the "
                 "background",
                 (long long)set->age);
    } else if (refresh_run(query->config, query->tenant, REFRESH_DETACHED, START_TIMEOUT_MS,
                           &why) != REFRESH_STARTED) {
        log_line(query->log, LOG_WARNING, "tenant %s: keys are %lld s old and not refreshed: %s",
                 query->tenant->name, (long long)set->age, why.at);
    }
}

/* Runs the program, waits, and reads again. */
static enum reason refresh_and_read(const struct query *query, enum refresh_kind kind,
                                    struct key_set *out)
{
    const struct tenant *tenant = query->tenant;
    enum refresh_result result;
    struct text why = {0};
    enum reason r;

    result = refresh_run(query->config, tenant, kind, tenant->fetch_timeout * 1000, &why);
    r = read_cache(query, out);
    if (result == REFRESH_DONE) {
        if (r == REASON_ACCEPTED) {
            out->freshness = KEYS_REFRESHED;
            text_clear(query->detail);
        }
        return r;
    }
    if (r == REASON_KEYS_UNAVAILABLE) {
        add_failure(query, &why);
    } else if (r == REASON_ACCEPTED) {
        text_clear(query->detail);
        add_failure(query, &why);
    }
    return r;
}

enum reason key_cache_get(const struct config *config, const struct tenant *tenant,
                          enum key_effort effort, int64_t now, const struct log *log,
                          struct key_set *out, struct text *detail)
{
    struct text unwanted = {0};
    struct query query = {config, tenant, effort, now, log, detail == NULL ? &unwanted : detail};
    enum reason r;

    *out = (struct key_set){0};
    text_clear(query.detail);
    if (tenant->jwks_file != NULL) {
        return read_jwks_file(&query, out);
    }
    r = read_cache(&query, out);
    if (r == REASON_ACCEPTED) {
        if (out->freshness == KEYS_STALE) {
            refresh_in_background(&query, out);
        }
        return r;
    }
    if (r != REASON_KEYS_UNAVAILABLE) {
        return r;
    }
    if (effort == KEY_EFFORT_READ) {
        text_add(query.detail, "; the module would run auth0jwt-refresh and wait for it");
        return r;
    }
    return refresh_and_read(&query, REFRESH_PLAIN, out);
}

/* May, and need, a refresh run for a kid that nobody knows? */
static bool unknown_kid_allowed(const struct query *query, const struct key_set *set)
{
    struct key_state state;
    int64_t left;

    if (query->tenant->jwks_file != NULL) {
        text_set(query->detail, "jwks_file has no such key");
        return false;
    }
    if (set->freshness == KEYS_REFRESHED) {
        text_set(query->detail, "the keys were refreshed for this login");
        return false;
    }
    key_state_read(query->config, query->tenant, &state);
    left = key_state_cooldown_left(&state, query->tenant, query->now);
    /* Whoever comes while a refresh is running waits for its end: it may bring the key. */
    if (left > 0 && !key_lock_is_held(query->config, query->tenant)) {
        text_set(query->detail, "no refresh for an unknown kid for another %lld s",
                 (long long)left);
        return false;
    }
    return true;
}

bool key_cache_get_unknown_kid(const struct config *config, const struct tenant *tenant,
                               enum key_effort effort, int64_t now, const struct log *log,
                               struct key_set *set, struct text *detail)
{
    struct text unwanted = {0};
    struct query query = {config, tenant, effort, now, log, detail == NULL ? &unwanted : detail};
    struct key_set again = {0};
    enum reason r;

    text_clear(query.detail);
    if (!unknown_kid_allowed(&query, set)) {
        /* One may have ended since this login read the cache. */
        if (tenant->jwks_file != NULL || set->freshness == KEYS_REFRESHED) {
            return false;
        }
        r = read_cache(&query, &again);
        if (r != REASON_ACCEPTED || again.age >= set->age) {
            key_set_free(&again);
            return false;
        }
        text_clear(query.detail);
    } else if (effort == KEY_EFFORT_READ) {
        text_set(query.detail,
                 "the module would run auth0jwt-refresh --unknown-kid and look again");
        return false;
    } else {
        r = refresh_and_read(&query, REFRESH_UNKNOWN_KID, &again);
    }
    if (r != REASON_ACCEPTED) {
        key_set_free(&again);
        return false;
    }
    key_set_free(set);
    *set = again;
    return true;
}

bool key_cache_clear(const struct config *config, const struct tenant *tenant, int folder,
                     struct key_cache_cleared *out, struct text *why)
{
    *out = (struct key_cache_cleared){false, false};
    return cache_file_remove(config, tenant, folder, CACHE_FILE_KEYS, &out->keys, why) &&
           cache_file_remove(config, tenant, folder, CACHE_FILE_STATE, &out->state, why);
}
