/*
 * When a login uses the keys as they are, has them refreshed in the background, waits for a refresh, or refuses.
 * This program itself stands in for auth0jwt-refresh; what that would have written is put there by a copy.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/safe_file.h"
#include "cache_world.h"
#include "host/key_cache.h"
#include "host/key_lock.h"
#include "host/key_state.h"
#include "host/monotonic.h"
#include "stand_in.h"

enum { NOW = 1800000000 };

/* The log of one test: the last line and how many there were. */
struct lines {
    size_t count;
    int level;
    char last[TEXT_SIZE];
};

static void keep_line(void *context, int level, const char *line)
{
    struct lines *lines = context;

    lines->count++;
    lines->level = level;
    snprintf(lines->last, sizeof(lines->last), "%s", line);
}

static int make(void **state)
{
    struct cache_world *world = cache_world_make();

    world_install_self(world);
    world_write(world->conf, bytes_of("exit 0"));
    *state = world;
    return 0;
}

static int drop(void **state)
{
    struct cache_world *world = *state;

    cache_world_remove(&world);
    return 0;
}

static void record_path(const struct cache_world *world, char path[WORLD_PATH_MAX + 16])
{
    snprintf(path, WORLD_PATH_MAX + 16, "%s.record", world->conf);
}

static bool has_run(const struct cache_world *world)
{
    char path[WORLD_PATH_MAX + 16];

    record_path(world, path);
    return access(path, F_OK) == 0;
}

/* Was it run, with this argument? Forgets it. */
static bool was_run_with(const struct cache_world *world, const char *argument)
{
    char path[WORLD_PATH_MAX + 16];
    char line[64];
    struct blob record;
    bool found;
    int i;

    record_path(world, path);
    for (i = 0; i < 300 && access(path, F_OK) != 0; i++) {
        usleep(10000);
    }
    record = world_read(path);
    snprintf(line, sizeof(line), "arg %s\n", argument);
    found = strstr((char *)record.ptr, line) != NULL;
    blob_free(&record);
    assert_int_equal(unlink(path), 0);
    return found;
}

static enum reason get(const struct cache_world *world, enum key_effort effort, int64_t now,
                       struct key_set *set, struct text *detail)
{
    enum reason r = key_cache_get(&world->config, &world->tenant, effort, now, NULL, set, detail);

    assert_true((r == REASON_ACCEPTED) == (set->jwks != NULL));
    if (r != REASON_ACCEPTED) {
        assert_int_equal(set->age_class, KEYS_NONE);
        assert_int_equal(set->age, 0);
    }
    return r;
}

static void put_state(const struct cache_world *world, const struct key_state *with)
{
    assert_true(key_state_write(&world->config, &world->tenant, with, NULL));
}

static void ages(void **state)
{
    static const struct {
        int64_t age;
        enum reason reason;
        enum keys_age class;
    } rows[] = {
        {-300, REASON_ACCEPTED, KEYS_FRESH},
        {0, REASON_ACCEPTED, KEYS_FRESH},
        {599, REASON_ACCEPTED, KEYS_FRESH},
        {600, REASON_ACCEPTED, KEYS_STALE},
        {86399, REASON_ACCEPTED, KEYS_STALE},
        {86400, REASON_KEYS_UNAVAILABLE, KEYS_NONE},
        {-301, REASON_KEYS_UNAVAILABLE, KEYS_NONE},
    };
    struct cache_world *world = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text detail = {0};
        struct key_set set;

        world_put_keys(world, "k1", NOW - rows[i].age);
        assert_int_equal(get(world, KEY_EFFORT_READ, NOW, &set, &detail), rows[i].reason);
        assert_int_equal(set.age_class, rows[i].class);
        if (rows[i].reason == REASON_ACCEPTED) {
            assert_int_equal(set.age, rows[i].age < 0 ? 0 : rows[i].age);
        } else {
            assert_non_null(strstr(detail.at, "would run auth0jwt-refresh"));
        }
        key_set_free(&set);
        assert_null(set.jwks);
    }
    assert_false(has_run(world));
}

static void fresh_keys_run_nothing(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 10);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_ACCEPTED);
    assert_int_equal(set.age_class, KEYS_FRESH);
    assert_string_equal(detail.at, "");
    assert_false(has_run(world));
    key_set_free(&set);
}

static void stale_keys_are_used_and_refreshed_in_the_background(void **state)
{
    struct cache_world *world = *state;
    int64_t before = monotonic_ms();
    struct text detail = {0};
    struct key_set set;

    world_write(world->conf, bytes_of("sleep 1500"));
    world_put_keys(world, "k1", NOW - 700);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_ACCEPTED);
    assert_int_equal(set.age_class, KEYS_STALE);
    assert_true(monotonic_ms() - before < 1400);
    assert_true(was_run_with(world, "--detach"));
    key_set_free(&set);
}

static void stale_keys_with_an_attempt_under_way_run_nothing(void **state)
{
    struct cache_world *world = *state;
    struct key_state with = {.last_attempt = NOW - 5};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 700);
    put_state(world, &with);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    key_set_free(&set);
    usleep(200000);
    assert_false(has_run(world));
    with.last_attempt = NOW - 60;
    put_state(world, &with);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    key_set_free(&set);
    assert_true(was_run_with(world, "--detach"));
}

static void stale_keys_are_used_where_the_refresh_cannot_start(void **state)
{
    struct cache_world *world = *state;
    struct lines lines = {0};
    struct log log = {.sink = keep_line, .context = &lines};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 700);
    assert_int_equal(unlink(world->program), 0);
    assert_int_equal(key_cache_get(&world->config, &world->tenant, KEY_EFFORT_REFRESH, NOW, &log,
                                   &set, NULL),
                     REASON_ACCEPTED);
    assert_int_equal(lines.count, 1);
    assert_int_equal(lines.level, LOG_WARNING);
    assert_non_null(strstr(lines.last, "does not exist"));
    key_set_free(&set);
}

static void old_keys_are_warned_of(void **state)
{
    struct cache_world *world = *state;
    struct lines lines = {0};
    struct log log = {.sink = keep_line, .context = &lines};
    struct key_state with = {.last_attempt = NOW - 5, .failures = 3, .last_error = "no answer"};
    struct key_set set;

    put_state(world, &with);
    world_put_keys(world, "k1", NOW - 43200);
    assert_int_equal(key_cache_get(&world->config, &world->tenant, KEY_EFFORT_READ, NOW, &log,
                                   &set, NULL),
                     REASON_ACCEPTED);
    key_set_free(&set);
    assert_int_equal(lines.count, 0);
    world_put_keys(world, "k1", NOW - 43201);
    assert_int_equal(key_cache_get(&world->config, &world->tenant, KEY_EFFORT_READ, NOW, &log,
                                   &set, NULL),
                     REASON_ACCEPTED);
    key_set_free(&set);
    assert_int_equal(lines.count, 1);
    assert_int_equal(lines.level, LOG_WARNING);
    assert_non_null(strstr(lines.last, "43201 s old"));
    assert_non_null(strstr(lines.last, "no answer"));
}

/* Prepares what the stand-in's run "brings": the program becomes a script that moves a file into place. */
static void let_the_refresh_bring(const struct cache_world *world, const char *kid, int64_t checked)
{
    char ready[WORLD_PATH_MAX + 16];
    char script[3 * WORLD_PATH_MAX];

    snprintf(ready, sizeof(ready), "%s.ready", world->keys);
    world_put_keys(world, kid, checked);
    assert_int_equal(rename(world->keys, ready), 0);
    snprintf(script, sizeof(script),
             "#!/bin/sh\necho \"arg $7\" > %s.record\nmv %s %s\nexit 0\n", world->conf, ready,
             world->keys);
    world_write(world->program, bytes_of(script));
    assert_int_equal(chmod(world->program, 0755), 0);
}

static void no_keys_and_a_good_refresh(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    let_the_refresh_bring(world, "k1", NOW);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_ACCEPTED);
    assert_int_equal(set.age_class, KEYS_REFRESHED);
    assert_string_equal(keys_age_name(set.age_class), "refreshed");
    assert_true(has_run(world));
    key_set_free(&set);
}

static void keys_too_old_and_a_good_refresh(void **state)
{
    struct cache_world *world = *state;
    struct key_set set;

    let_the_refresh_bring(world, "k1", NOW + 1);
    world_put_keys(world, "k0", NOW - 90000);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    assert_int_equal(set.age_class, KEYS_REFRESHED);
    assert_int_equal(set.age, 0);
    key_set_free(&set);
}

static void no_keys_and_a_failing_refresh(void **state)
{
    static const struct {
        const char *orders;
        const char *detail;
    } rows[] = {
        {"exit 1", "could not fetch"},
        {"exit 2", "refused its configuration"},
        {"exit 3", "too early"},
        {"exit 4", "still running"},
        {"kill 9", "signal 9"},
        {"exit 0", "main.keys does not exist"},
    };
    struct cache_world *world = *state;
    struct key_state with = {.last_attempt = NOW, .failures = 1};
    size_t i;

    key_state_set_error(&with, "https://tenant.example/: no connection");
    put_state(world, &with);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text detail = {0};
        struct key_set set;

        world_write(world->conf, bytes_of(rows[i].orders));
        assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail),
                         REASON_KEYS_UNAVAILABLE);
        assert_non_null(strstr(detail.at, rows[i].detail));
        assert_non_null(strstr(detail.at, "main.keys"));
        if (strcmp(rows[i].orders, "exit 0") != 0) {
            assert_non_null(strstr(detail.at, "no connection"));
        }
        assert_true(has_run(world));
    }
}

static void a_silent_refresh_costs_fetch_timeout(void **state)
{
    struct cache_world *world = *state;
    int64_t before = monotonic_ms();
    struct text detail = {0};
    struct key_set set;

    world->tenant.fetch_timeout = 1;
    world_write(world->conf, bytes_of("sleep 3000"));
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_KEYS_UNAVAILABLE);
    assert_in_range(monotonic_ms() - before, 1000, 2000);
    assert_non_null(strstr(detail.at, "in time"));
}

static void unsafe_cache_is_a_configuration_error(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW);
    assert_int_equal(chmod(world->keys, 0666), 0);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_CONFIG_ERROR);
    assert_non_null(strstr(detail.at, world->keys));
    assert_false(has_run(world));
}

static void jwks_file(void **state)
{
    static const char good[] = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"f\","
                               "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwaaPJURHUo\"}]}";
    static const struct {
        const char *content;
        mode_t mode;
        enum reason reason;
    } rows[] = {
        {good, 0644, REASON_ACCEPTED},
        {"{\"keys\":[]}", 0644, REASON_ACCEPTED},
        {"<html>", 0644, REASON_KEYS_UNAVAILABLE},
        {"", 0644, REASON_KEYS_UNAVAILABLE},
        {good, 0664, REASON_CONFIG_ERROR},
        {NULL, 0, REASON_CONFIG_ERROR},
    };
    struct cache_world *world = *state;
    char path[WORLD_PATH_MAX + 16];
    size_t i;

    snprintf(path, sizeof(path), "%s.jwks", world->conf);
    world->tenant.jwks_file = path;
    world_put_keys(world, "k1", NOW);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text detail = {0};
        struct key_set set;

        unlink(path);
        if (rows[i].content != NULL) {
            world_write(path, bytes_of(rows[i].content));
            assert_int_equal(chmod(path, rows[i].mode), 0);
        }
        assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), rows[i].reason);
        if (rows[i].reason == REASON_ACCEPTED) {
            assert_int_equal(set.age, -1);
            assert_int_equal(set.age_class, KEYS_FRESH);
            assert_false(key_cache_get_unknown_kid(&world->config, &world->tenant,
                                                   KEY_EFFORT_REFRESH, NOW, NULL, &set, &detail));
        } else {
            assert_non_null(strstr(detail.at, path));
        }
        key_set_free(&set);
    }
    assert_false(has_run(world));
}

static bool unknown_kid(const struct cache_world *world, enum key_effort effort,
                        struct key_set *set, struct text *detail)
{
    bool again = key_cache_get_unknown_kid(&world->config, &world->tenant, effort, NOW, NULL, set,
                                           detail);

    assert_non_null(set->jwks);
    return again;
}

static bool first_kid_is(const struct key_set *set, const char *kid)
{
    struct jwk_info info;

    jwks_describe(set->jwks, 0, &info);
    return bytes_equal_string(info.kid, kid);
}

static void unknown_kid_refreshes_once(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    let_the_refresh_bring(world, "k2", NOW);
    world_put_keys(world, "k1", NOW - 100);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    assert_true(first_kid_is(&set, "k1"));
    assert_true(unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail));
    assert_true(was_run_with(world, "--unknown-kid"));
    assert_true(first_kid_is(&set, "k2"));
    assert_int_equal(set.age_class, KEYS_REFRESHED);
    assert_string_equal(detail.at, "");
    /* The same login does not ask twice. */
    assert_false(unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail));
    assert_false(has_run(world));
    key_set_free(&set);
}

static void unknown_kid_in_the_cooldown_runs_nothing(void **state)
{
    struct cache_world *world = *state;
    struct key_state with = {.last_unknown_kid_attempt = NOW - 10};
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 100);
    put_state(world, &with);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    assert_false(unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail));
    assert_non_null(strstr(detail.at, "20 s"));
    assert_false(has_run(world));
    /* But what another login's refresh has just brought is seen. */
    world_put_keys(world, "k2", NOW - 1);
    assert_true(unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail));
    assert_true(first_kid_is(&set, "k2"));
    assert_false(has_run(world));
    key_set_free(&set);
}

static void unknown_kid_waits_for_a_refresh_under_way(void **state)
{
    struct cache_world *world = *state;
    struct key_state with = {.last_unknown_kid_attempt = NOW};
    struct key_set set;
    bool waited;
    int folder;
    int fd;

    world_put_keys(world, "k1", NOW - 100);
    put_state(world, &with);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    assert_int_equal(safe_folder_open(world->cache, &folder, NULL), SAFE_FILE_OK);
    assert_int_equal(key_lock_take(&world->config, &world->tenant, folder, 0, &fd, &waited, NULL),
                     KEY_LOCK_TAKEN);
    close(folder);
    unknown_kid(world, KEY_EFFORT_REFRESH, &set, NULL);
    assert_true(was_run_with(world, "--unknown-kid"));
    close(fd);
    key_set_free(&set);
}

static void unknown_kid_keeps_the_set_where_the_refresh_fails(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 100);
    assert_int_equal(get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    world_write(world->conf, bytes_of("exit 1"));
    unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail);
    assert_true(first_kid_is(&set, "k1"));
    assert_non_null(strstr(detail.at, "could not fetch"));
    key_set_free(&set);
}

static void read_only_effort_says_what_would_happen(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 700);
    assert_int_equal(get(world, KEY_EFFORT_READ, NOW, &set, &detail), REASON_ACCEPTED);
    assert_non_null(strstr(detail.at, "in the background"));
    assert_false(unknown_kid(world, KEY_EFFORT_READ, &set, &detail));
    assert_non_null(strstr(detail.at, "--unknown-kid"));
    key_set_free(&set);
    usleep(200000);
    assert_false(has_run(world));
}

/* What a host process that is not root does with root's cache: it reads it, and nothing else. */
static int judge_as_another_user(const struct cache_world *world)
{
    struct text detail = {0};
    struct key_set set;

    if (setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0 ||
        setresuid(65534, 65534, 65534) != 0) {
        return 1;
    }
    if (key_cache_get(&world->config, &world->tenant, KEY_EFFORT_REFRESH, NOW, NULL, &set,
                      &detail) != REASON_ACCEPTED ||
        set.age_class != KEYS_STALE) {
        return 2;
    }
    (void)key_cache_get_unknown_kid(&world->config, &world->tenant, KEY_EFFORT_REFRESH, NOW, NULL,
                                    &set, &detail);
    if (set.jwks == NULL || strstr(detail.at, "belongs to another user") == NULL) {
        return 3;
    }
    key_set_free(&set);
    if (key_cache_get(&world->config, &world->tenant, KEY_EFFORT_REFRESH, NOW + 90000, NULL, &set,
                      &detail) != REASON_KEYS_UNAVAILABLE ||
        strstr(detail.at, "run auth0jwt-refresh as root") == NULL) {
        return 4;
    }
    return 0;
}

static void another_user_reads_only(void **state)
{
    struct cache_world *world = *state;
    int status;
    pid_t child;

    if (geteuid() != 0) {
        /* A cache that is not ours is root's; what is said of it is tested with the folder. */
        assert_int_not_equal(geteuid(), 0);
        return;
    }
    world_put_keys(world, "k1", NOW - 700);
    assert_int_equal(chmod(world->root, 0755), 0);
    child = fork();
    if (child == 0) {
        _exit(judge_as_another_user(world));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    usleep(100000);
    assert_false(has_run(world));
    assert_int_equal(world_count(world->cache), 1);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(keys_age_name(KEYS_NONE), "");
    assert_string_equal(keys_age_name(KEYS_FRESH), "fresh");
    assert_string_equal(keys_age_name(KEYS_STALE), "stale");
    assert_string_equal(keys_age_name((enum keys_age)77), "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(ages),
        CASE(fresh_keys_run_nothing),
        CASE(stale_keys_are_used_and_refreshed_in_the_background),
        CASE(stale_keys_with_an_attempt_under_way_run_nothing),
        CASE(stale_keys_are_used_where_the_refresh_cannot_start),
        CASE(old_keys_are_warned_of),
        CASE(no_keys_and_a_good_refresh),
        CASE(keys_too_old_and_a_good_refresh),
        CASE(no_keys_and_a_failing_refresh),
        CASE(a_silent_refresh_costs_fetch_timeout),
        CASE(unsafe_cache_is_a_configuration_error),
        CASE(jwks_file),
        CASE(unknown_kid_refreshes_once),
        CASE(unknown_kid_in_the_cooldown_runs_nothing),
        CASE(unknown_kid_waits_for_a_refresh_under_way),
        CASE(unknown_kid_keeps_the_set_where_the_refresh_fails),
        CASE(read_only_effort_says_what_would_happen),
        CASE(another_user_reads_only),
        CASE(names),
    };

    if (stand_in_called(argc, argv)) {
        stand_in_run(argc, argv);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
