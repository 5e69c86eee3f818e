/*
 * The state file, and the two questions that are asked of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/key_state.h"

#include <stdio.h>
#include <string.h>

#include "base/safe_file.h"
#include "host/cache_folder.h"
#include "host/checked_text.h"
#include "host/refresh_run.h"
#include "jwt/json.h"

enum { STATE_MAX = 4096, CLOCK_TOLERANCE = 300 };

static const char magic[] = "auth0jwt-state";

static const struct number_row numbers[] = {
    {"last_attempt", offsetof(struct key_state, last_attempt)},
    {"last_unknown_kid_attempt", offsetof(struct key_state, last_unknown_kid_attempt)},
    {"unknown_kid_misses", offsetof(struct key_state, unknown_kid_misses)},
    {"failures", offsetof(struct key_state, failures)},
};

enum { NUMBER_COUNT = sizeof(numbers) / sizeof(numbers[0]) };

static bool parse_state(struct bytes text, struct key_state *state)
{
    struct json *root = NULL;
    struct bytes body;
    struct bytes error;
    bool good;

    good = checked_text_open(magic, text, &body) && json_parse(body, &root) == REASON_ACCEPTED &&
           number_rows_read(root, numbers, NUMBER_COUNT, false, state) &&
           json_member_string(root, "last_error", &error) == JSON_STRING &&
           error.len < sizeof(state->last_error);
    if (good && error.len > 0) {
        memcpy(state->last_error, error.ptr, error.len);
    }
    json_free(&root);
    return good;
}

void key_state_read(const struct config *config, const struct tenant *tenant,
                    struct key_state *state)
{
    struct blob text = {NULL, 0};

    memset(state, 0, sizeof(*state));
    if (cache_file_read(config, tenant, CACHE_FILE_STATE, STATE_MAX, &text, NULL) == SAFE_FILE_OK &&
        !parse_state(bytes_of_blob(&text), state)) {
        memset(state, 0, sizeof(*state));
    }
    blob_free(&text);
}

static void write_body(FILE *stream, const void *context)
{
    const struct key_state *state = context;
    struct bytes error = {(const uint8_t *)state->last_error,
                          strnlen(state->last_error, sizeof(state->last_error) - 1)};

    fputc('{', stream);
    number_rows_write(stream, numbers, NUMBER_COUNT, state);
    fputs("\"last_error\":", stream);
    json_write_string(stream, error);
    fputs("}\n", stream);
}

bool key_state_write(const struct config *config, const struct tenant *tenant,
                     const struct key_state *state, struct text *why)
{
    struct blob text;
    const char *wrong =
        checked_text_format(magic, STATE_MAX - CHECKED_TEXT_LINE_MAX, write_body, state, &text);
    bool good;

    if (wrong != NULL) {
        text_set(why, "the state of tenant %s cannot be written: %s", tenant->name, wrong);
        return false;
    }
    good = cache_file_write(config, tenant, CACHE_FILE_STATE, 0600, bytes_of_blob(&text), why);
    blob_free(&text);
    return good;
}

void key_state_set_error(struct key_state *state, const char *error)
{
    memset(state->last_error, 0, sizeof(state->last_error));
    memcpy(state->last_error, error, strnlen(error, sizeof(state->last_error) - 1));
}

/* Seconds since `then`, which may be a little ahead of us; -1 where it is none of our times: never,
 * or a clock that was set back since. */
static int64_t elapsed(int64_t then, int64_t now)
{
    if (then <= 0 || then > now + CLOCK_TOLERANCE) {
        return -1;
    }
    return then > now ? 0 : now - then;
}

int64_t key_state_cooldown_left(const struct key_state *state, const struct tenant *tenant,
                                int64_t now)
{
    int64_t passed = elapsed(state->last_unknown_kid_attempt, now);
    int64_t most = tenant->key_refresh;
    int64_t wait = tenant->unknown_kid_cooldown;
    int64_t miss;

    for (miss = 0; miss < state->unknown_kid_misses && wait > 0 && wait < most; miss++) {
        wait = wait * 2 < most ? wait * 2 : most;
    }
    return passed < 0 || passed >= wait ? 0 : wait - passed;
}

bool key_state_attempt_begun(const struct key_state *state, const struct tenant *tenant,
                             int64_t now)
{
    int64_t passed = elapsed(state->last_attempt, now);

    return passed >= 0 && passed < refresh_alarm_seconds(tenant);
}
