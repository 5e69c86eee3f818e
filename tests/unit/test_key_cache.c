/*
 * When a login uses the keys as they are, has them refreshed in the background, waits for a
 * refresh, or refuses. This program itself stands in for auth0jwt-refresh; what that would have
 * written is put there by a copy.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/key_cache.h"
#include "host/key_state.h"
#include "host/monotonic.h"
#include "spawn_world.h"
#include "stand_in.h"

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

static void ages(void **state)
{
    static const struct {
        int64_t age;
        enum reason reason;
        enum key_freshness class;
    } rows[] = {
        {-300, REASON_ACCEPTED, KEYS_FRESH},        {0, REASON_ACCEPTED, KEYS_FRESH},
        {599, REASON_ACCEPTED, KEYS_FRESH},         {600, REASON_ACCEPTED, KEYS_STALE},
        {86399, REASON_ACCEPTED, KEYS_STALE},       {86400, REASON_KEYS_UNAVAILABLE, KEYS_NONE},
        {-301, REASON_KEYS_UNAVAILABLE, KEYS_NONE},
    };
    struct cache_world *world = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text detail = {0};
        struct key_set set;

        world_put_keys(world, "k1", NOW - rows[i].age);
        assert_int_equal(world_get(world, KEY_EFFORT_READ, NOW, &set, &detail), rows[i].reason);
        assert_int_equal(set.freshness, rows[i].class);
        if (rows[i].reason == REASON_ACCEPTED) {
            assert_int_equal(set.age, rows[i].age < 0 ? 0 : rows[i].age);
        } else {
            assert_non_null(strstr(detail.at, "would run auth0jwt-refresh"));
        }
        key_set_free(&set);
        assert_null(set.jwks);
    }
    assert_false(spawn_has_run(world));
}

static void fresh_keys_run_nothing(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 10);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_ACCEPTED);
    assert_int_equal(set.freshness, KEYS_FRESH);
    assert_string_equal(detail.at, "");
    assert_false(spawn_has_run(world));
    key_set_free(&set);
}

static void stale_keys_are_used_and_refreshed_in_the_background(void **state)
{
    struct cache_world *world = *state;
    int64_t before = monotonic_ms();
    struct text detail = {0};
    struct key_set set;

    world_write(world->conf, bytes_of("sleep 10000"));
    world_put_keys(world, "k1", NOW - 700);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_ACCEPTED);
    assert_int_equal(set.freshness, KEYS_STALE);
    assert_true(monotonic_ms() - before < 9000);
    assert_true(spawn_was_run_with(world, "--detach"));
    key_set_free(&set);
}

static void stale_keys_with_an_attempt_under_way_run_nothing(void **state)
{
    struct cache_world *world = *state;
    struct key_state with = {.last_attempt = NOW - 5};
    struct lines lines = {0};
    struct log log = lines_log(&lines);
    struct key_set set;

    world_put_keys(world, "k1", NOW - 700);
    world_put_state(world, &with);
    /* An attempt to run what is not there would be logged before the call returns. */
    assert_int_equal(unlink(world->program), 0);
    assert_int_equal(
        key_cache_get(&world->config, &world->tenant, KEY_EFFORT_REFRESH, NOW, &log, &set, NULL),
        REASON_ACCEPTED);
    key_set_free(&set);
    assert_int_equal(lines.count, 0);
    world_install_self(world);
    with.last_attempt = NOW - 60;
    world_put_state(world, &with);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    key_set_free(&set);
    assert_true(spawn_was_run_with(world, "--detach"));
}

static void stale_keys_are_used_where_the_refresh_cannot_start(void **state)
{
    struct cache_world *world = *state;
    struct lines lines = {0};
    struct log log = lines_log(&lines);
    struct key_set set;

    world_put_keys(world, "k1", NOW - 700);
    assert_int_equal(unlink(world->program), 0);
    assert_int_equal(
        key_cache_get(&world->config, &world->tenant, KEY_EFFORT_REFRESH, NOW, &log, &set, NULL),
        REASON_ACCEPTED);
    assert_int_equal(lines.count, 1);
    assert_int_equal(lines.level, LOG_WARNING);
    assert_non_null(strstr(lines.last, "does not exist"));
    key_set_free(&set);
}

static void no_keys_and_a_good_refresh(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    spawn_let_bring(world, "k1", NOW);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_ACCEPTED);
    assert_int_equal(set.freshness, KEYS_REFRESHED);
    assert_string_equal(key_freshness_name(set.freshness), "refreshed");
    assert_string_equal(detail.at, "");
    assert_true(spawn_has_run(world));
    key_set_free(&set);
}

static void keys_too_old_and_a_good_refresh(void **state)
{
    struct cache_world *world = *state;
    struct key_set set;

    spawn_let_bring(world, "k1", NOW + 1);
    world_put_keys(world, "k0", NOW - 90000);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    assert_int_equal(set.freshness, KEYS_REFRESHED);
    assert_int_equal(set.age, 0);
    key_set_free(&set);
}

static void no_keys_and_a_failing_refresh(void **state)
{
    static const struct {
        const char *orders;
        const char *detail;
    } rows[] = {
        {"exit 1", "could not fetch"}, {"exit 2", "refused its configuration"},
        {"exit 3", "too early"},       {"exit 4", "still running"},
        {"kill 9", "signal 9"},        {"exit 0", "main.keys does not exist"},
    };
    struct cache_world *world = *state;
    struct key_state with = {.last_attempt = NOW, .failures = 1};
    size_t i;

    key_state_set_error(&with, "https://tenant.example/: no connection");
    world_put_state(world, &with);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text detail = {0};
        struct key_set set;

        world_write(world->conf, bytes_of(rows[i].orders));
        assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail),
                         REASON_KEYS_UNAVAILABLE);
        assert_non_null(strstr(detail.at, rows[i].detail));
        assert_non_null(strstr(detail.at, "main.keys"));
        if (strcmp(rows[i].orders, "exit 0") != 0) {
            assert_non_null(strstr(detail.at, "no connection"));
        }
        assert_true(spawn_has_run(world));
    }
}

static void a_silent_refresh_costs_fetch_timeout(void **state)
{
    struct cache_world *world = *state;
    int64_t before = monotonic_ms();
    struct text detail = {0};
    struct key_set set;

    world->tenant.fetch_timeout = 1;
    world_write(world->conf, bytes_of("sleep 10000"));
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail),
                     REASON_KEYS_UNAVAILABLE);
    assert_in_range(monotonic_ms() - before, 1000, 9000);
    assert_non_null(strstr(detail.at, "in time"));
}

static void unsafe_cache_is_a_configuration_error(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW);
    assert_int_equal(chmod(world->keys, 0666), 0);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), REASON_CONFIG_ERROR);
    assert_non_null(strstr(detail.at, world->keys));
    assert_false(spawn_has_run(world));
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
        assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail), rows[i].reason);
        if (rows[i].reason == REASON_ACCEPTED) {
            assert_int_equal(set.age, -1);
            assert_int_equal(set.freshness, KEYS_FRESH);
            assert_false(key_cache_get_unknown_kid(&world->config, &world->tenant,
                                                   KEY_EFFORT_REFRESH, NOW, NULL, &set, &detail));
        } else {
            assert_non_null(strstr(detail.at, path));
        }
        key_set_free(&set);
    }
    assert_false(spawn_has_run(world));
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(key_freshness_name(KEYS_NONE), "");
    assert_string_equal(key_freshness_name(KEYS_FRESH), "fresh");
    assert_string_equal(key_freshness_name(KEYS_STALE), "stale");
    assert_string_equal(key_freshness_name(KEYS_TOO_OLD), "too old");
    assert_string_equal(key_freshness_name((enum key_freshness)77), "");
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
        CASE(no_keys_and_a_good_refresh),
        CASE(keys_too_old_and_a_good_refresh),
        CASE(no_keys_and_a_failing_refresh),
        CASE(a_silent_refresh_costs_fetch_timeout),
        CASE(unsafe_cache_is_a_configuration_error),
        CASE(jwks_file),
        CASE(names),
    };

    if (stand_in_called(argc, argv)) {
        stand_in_run(argc, argv);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
