/*
 * The state file, and the two questions that are asked of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/key_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safe_file.h"
#include "host/atomic_file.h"
#include "host/checked_text.h"
#include "jwt/json.h"

enum { STATE_MAX = 4096, STATE_NAME_MAX = 64, CLOCK_TOLERANCE = 300 };

static const char magic[] = "auth0jwt-state";
static const double number_max = 253402300799.0;

static const struct {
    const char *name;
    size_t offset;
} numbers[] = {
    {"last_attempt", offsetof(struct key_state, last_attempt)},
    {"last_unknown_kid_attempt", offsetof(struct key_state, last_unknown_kid_attempt)},
    {"unknown_kid_misses", offsetof(struct key_state, unknown_kid_misses)},
    {"failures", offsetof(struct key_state, failures)},
};

static int64_t *number_at(struct key_state *state, size_t row)
{
    return (int64_t *)(void *)((char *)state + numbers[row].offset);
}

static bool parse_state(struct bytes text, struct key_state *state)
{
    struct json *root = NULL;
    struct bytes body;
    struct bytes error;
    bool good;
    size_t i;

    good = checked_text_open(magic, text, &body) && json_parse(body, &root) == REASON_ACCEPTED;
    for (i = 0; good && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const struct json *member = NULL;
        double value = 0;

        good = json_member(root, numbers[i].name, &member) && json_number(member, &value) &&
               value >= 0 && value <= number_max;
        *number_at(state, i) = good ? (int64_t)value : 0;
    }
    good = good && json_member_string(root, "last_error", &error) == JSON_STRING &&
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
    char name[STATE_NAME_MAX];
    int folder;

    memset(state, 0, sizeof(*state));
    snprintf(name, sizeof(name), "%s.state", tenant->name);
    if (safe_folder_open(config->global.cache_dir, &folder, NULL) != SAFE_FILE_OK) {
        return;
    }
    if (safe_file_read_at(folder, config->global.cache_dir, name, STATE_MAX, &text, NULL) ==
            SAFE_FILE_OK &&
        !parse_state(bytes_of_blob(&text), state)) {
        memset(state, 0, sizeof(*state));
    }
    blob_free(&text);
    close(folder);
}

/* The sealed text; false without memory. */
static bool format_state(const struct key_state *state, struct blob *out)
{
    struct key_state copy = *state;
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    bool good;
    size_t i;

    *out = (struct blob){NULL, 0};
    if (stream == NULL) {
        return false;
    }
    fputc('{', stream);
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        fprintf(stream, "\"%s\":%lld,", numbers[i].name, (long long)*number_at(&copy, i));
    }
    copy.last_error[sizeof(copy.last_error) - 1] = '\0';
    fputs("\"last_error\":", stream);
    json_write_string(stream, bytes_of(copy.last_error));
    fputs("}\n", stream);
    good = ferror(stream) == 0;
    good = fclose(stream) == 0 && good;
    good = good && checked_text_seal(magic, (struct bytes){(const uint8_t *)text, length}, out);
    free(text);
    return good;
}

bool key_state_write(const struct config *config, const struct tenant *tenant,
                     const struct key_state *state, struct text *why)
{
    const char *label = config->global.cache_dir;
    struct blob text = {NULL, 0};
    char name[STATE_NAME_MAX];
    bool good = false;
    int folder = -1;

    snprintf(name, sizeof(name), "%s.state", tenant->name);
    if (!format_state(state, &text)) {
        text_set(why, "%s/%s: out of memory", label, name);
        goto out;
    }
    if (safe_folder_open(label, &folder, why) != SAFE_FILE_OK) {
        goto out;
    }
    good = atomic_file_write(folder, label, name, 0600, bytes_of_blob(&text), why);
out:
    if (folder >= 0) {
        close(folder);
    }
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

int64_t refresh_alarm_seconds(const struct tenant *tenant)
{
    return 2 * tenant->fetch_timeout + 3;
}
