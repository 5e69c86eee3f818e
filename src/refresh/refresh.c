/*
 * An attempt is written down before it is made, as a failure, so that one that is killed counts
 * too. Only a key set with a usable key replaces the cached one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "refresh/refresh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/safe_file.h"
#include "host/cache_folder.h"
#include "host/key_file.h"
#include "host/key_lock.h"
#include "host/key_state.h"
#include "refresh/fetch.h"
#include "refresh/judge.h"

/* A Date header may be anything; what is stored stays a number that means something. */
enum { SKEW_MAX = 1000000000 };

/* One refresh under way. */
struct run {
    const struct config *config;
    const struct tenant *tenant;
    const struct refresh_options *options;
    const struct log *log;
    int64_t started; /* wall clock */
    bool waited;     /* for somebody else's refresh */
    struct key_state state;
    struct key_file *old; /* NULL where there is none to be used */
    struct text why;      /* what went wrong */
};

static void complain(const struct run *run, const char *consequence)
{
    log_line(run->log, LOG_ERR, "tenant %s: %s%s", run->tenant->name, run->why.at, consequence);
}

static void say(const struct run *run, const char *what)
{
    if (!run->options->quiet) {
        printf("tenant %s: %s\n", run->tenant->name, what);
    }
}

/* Is there anything to do? True where a fetch is due, else *exit says how to end. */
static bool fetch_is_due(struct run *run, int64_t now, enum refresh_exit *exit)
{
    const struct tenant *tenant = run->tenant;

    *exit = REFRESH_EXIT_FRESH;
    if (run->options->force) {
        return true;
    }
    if (run->waited && run->old != NULL && run->old->checked >= run->started) {
        say(run, "another refresh has just fetched the keys");
        return false;
    }
    if (run->waited && run->state.failures > 0 &&
        run->state.last_attempt >= run->started - refresh_alarm_seconds(tenant)) {
        text_set(&run->why, "another refresh has just failed: %s", run->state.last_error);
        complain(run, "");
        *exit = REFRESH_EXIT_FAILED;
        return false;
    }
    if (run->options->unknown_kid) {
        int64_t left = key_state_cooldown_left(&run->state, tenant, now);

        if (left > 0 && !run->options->quiet) {
            printf("tenant %s: no refresh for an unknown kid for another %lld s "
                   "(unknown_kid_cooldown)\n",
                   tenant->name, (long long)left);
        }
        *exit = REFRESH_EXIT_NOT_NOW;
        return left == 0;
    }
    if (run->old != NULL && now - run->old->checked < tenant->key_refresh * 9 / 10) {
        say(run, "keys are fresh");
        return false;
    }
    return true;
}

static bool stamp(struct run *run, int64_t now)
{
    struct key_state *state = &run->state;

    state->last_attempt = now;
    state->failures++;
    if (run->options->unknown_kid) {
        state->last_unknown_kid_attempt = now;
        state->unknown_kid_misses++;
    }
    key_state_set_error(state, "the attempt did not come to its end");
    return key_state_write(run->config, run->tenant, state, &run->why);
}

/* The pinned address, or the one that discovery tells. NULL with run->why. */
static char *find_jwks_uri(struct run *run, struct fetcher *fetcher)
{
    const struct tenant *tenant = run->tenant;
    struct fetch_reply reply;
    char *jwks_uri = NULL;
    char *url = NULL;

    if (tenant->jwks_uri != NULL) {
        jwks_uri = strdup(tenant->jwks_uri);
    } else {
        url = discovery_url(tenant->issuer);
    }
    if (jwks_uri == NULL && url == NULL) {
        text_set(&run->why, "out of memory");
    }
    if (url != NULL && fetcher_get(fetcher, url, &reply, &run->why)) {
        jwks_uri = discovery_judge(url, tenant->issuer, bytes_of_blob(&reply.body), &run->why);
        blob_free(&reply.body);
    }
    free(url);
    return jwks_uri;
}

static int64_t clamp(int64_t value, int64_t limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

/* Fetches and judges the key set. NULL with run->why. */
static struct key_file *fetch_keys(struct run *run, struct fetcher *fetcher)
{
    struct key_file *file = calloc(1, sizeof(*file));
    struct fetch_reply reply = {.status = FETCH_BROKEN};

    if (file == NULL) {
        text_set(&run->why, "out of memory");
        return NULL;
    }
    file->jwks_uri = find_jwks_uri(run, fetcher);
    if (file->jwks_uri == NULL || !fetcher_get(fetcher, file->jwks_uri, &reply, &run->why)) {
        key_file_free(&file);
        return NULL;
    }
    file->jwks = keys_judge(file->jwks_uri, bytes_of_blob(&reply.body), &run->why);
    file->issuer = strdup(run->tenant->issuer);
    file->etag = strdup(reply.etag);
    file->last_modified = strdup(reply.last_modified);
    file->fetched = (int64_t)time(NULL);
    file->checked = file->fetched;
    file->date_skew = clamp(reply.date_skew, SKEW_MAX);
    blob_free(&reply.body);
    if (file->jwks == NULL) {
        key_file_free(&file);
    } else if (file->issuer == NULL || file->etag == NULL || file->last_modified == NULL) {
        text_set(&run->why, "out of memory");
        key_file_free(&file);
    }
    return file;
}

static enum refresh_exit fetch(struct run *run, struct key_file **out)
{
    const struct tenant *tenant = run->tenant;
    struct fetcher fetcher = {.fd = -1};
    struct blob ca = {NULL, 0};
    enum refresh_exit exit = REFRESH_EXIT_USAGE;

    *out = NULL;
    if (tenant->ca_file != NULL) {
        if (safe_file_read(tenant->ca_file, CA_FILE_MAX, &ca, &run->why) != SAFE_FILE_OK) {
            goto out;
        }
        if (ca.len == 0) {
            text_set(&run->why, "%s is empty", tenant->ca_file);
            goto out;
        }
    }
    if (!fetcher_start(&fetcher, bytes_of_blob(&ca), tenant->connect_timeout, tenant->fetch_timeout,
                       &run->why)) {
        goto out;
    }
    *out = fetch_keys(run, &fetcher);
    exit = *out == NULL ? REFRESH_EXIT_FAILED : REFRESH_EXIT_FRESH;
out:
    fetcher_stop(&fetcher);
    blob_free(&ca);
    return exit;
}

static void note_failure(struct run *run)
{
    struct text unwritten = {0};

    complain(run, run->old != NULL ? "; old keys kept" : "; no keys are cached");
    key_state_set_error(&run->state, run->why.at);
    if (!key_state_write(run->config, run->tenant, &run->state, &unwritten)) {
        log_line(run->log, LOG_ERR, "tenant %s: %s", run->tenant->name, unwritten.at);
    }
}

static enum refresh_exit note_success(struct run *run, const struct key_file *file)
{
    struct key_state *state = &run->state;

    state->failures = 0;
    state->last_error[0] = '\0';
    if (keys_bring_new_kid(run->old == NULL ? NULL : run->old->jwks, file->jwks)) {
        state->unknown_kid_misses = 0;
    }
    if (!key_state_write(run->config, run->tenant, state, &run->why)) {
        complain(run, "; the keys themselves were stored");
    }
    if (!run->options->quiet) {
        printf("tenant %s: %zu keys from %s\n", run->tenant->name, jwks_count(file->jwks),
               file->jwks_uri);
    }
    return REFRESH_EXIT_FRESH;
}

/* All that happens under the lock. */
static enum refresh_exit refresh_locked(struct run *run)
{
    int64_t now = (int64_t)time(NULL);
    struct key_file *file = NULL;
    enum key_file_result found;
    enum refresh_exit exit;

    found = key_file_read(run->config, run->tenant, now, &run->old, &run->why);
    if (found == KEY_FILE_UNSAFE || found == KEY_FILE_NO_MEMORY) {
        complain(run, "");
        return found == KEY_FILE_UNSAFE ? REFRESH_EXIT_USAGE : REFRESH_EXIT_FAILED;
    }
    key_state_read(run->config, run->tenant, &run->state);
    if (!fetch_is_due(run, now, &exit)) {
        return exit;
    }
    if (!stamp(run, now)) {
        complain(run, "; nothing was fetched");
        return REFRESH_EXIT_FAILED;
    }
    exit = fetch(run, &file);
    if (file != NULL && !key_file_write(run->config, run->tenant, file, &run->why)) {
        key_file_free(&file);
        exit = REFRESH_EXIT_FAILED;
    }
    if (file != NULL) {
        exit = note_success(run, file);
    } else {
        note_failure(run);
    }
    key_file_free(&file);
    return exit;
}

enum refresh_exit refresh_tenant(const struct config *config, const struct tenant *tenant,
                                 const struct refresh_options *options, const struct log *log)
{
    struct run run = {.config = config,
                      .tenant = tenant,
                      .options = options,
                      .log = log,
                      .started = (int64_t)time(NULL)};
    enum refresh_exit exit = REFRESH_EXIT_USAGE;
    int folder = -1;
    int lock = -1;

    if (tenant->jwks_file != NULL) {
        say(&run, "its keys are in jwks_file: there is nothing to fetch");
        return REFRESH_EXIT_FRESH;
    }
    alarm((unsigned)refresh_alarm_seconds(tenant));
    if (!cache_folder_open(config, &folder, &run.why)) {
        complain(&run, "");
        return REFRESH_EXIT_USAGE;
    }
    switch (key_lock_take(config, tenant, folder, tenant->fetch_timeout * 1000, &lock, &run.waited,
                          &run.why)) {
    case KEY_LOCK_TAKEN:
        exit = refresh_locked(&run);
        close(lock);
        break;
    case KEY_LOCK_BUSY:
        complain(&run, "");
        exit = REFRESH_EXIT_LOCK;
        break;
    case KEY_LOCK_FAILED:
    default:
        complain(&run, "");
        break;
    }
    close(folder);
    key_file_free(&run.old);
    alarm(0);
    return exit;
}
