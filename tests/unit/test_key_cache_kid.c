/*
 * What a login does about a key that the cache has not, about a cache that it may not write, and
 * where it may only read. This program itself stands in for auth0jwt-refresh.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/safe_file.h"
#include "host/key_cache.h"
#include "host/key_lock.h"
#include "host/key_state.h"
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

static bool unknown_kid(const struct cache_world *world, enum key_effort effort,
                        struct key_set *set, struct text *detail)
{
    bool again =
        key_cache_get_unknown_kid(&world->config, &world->tenant, effort, NOW, NULL, set, detail);

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

    spawn_let_bring(world, "k2", NOW);
    world_put_keys(world, "k1", NOW - 100);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    assert_true(first_kid_is(&set, "k1"));
    assert_true(unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail));
    assert_true(spawn_was_run_with(world, "--unknown-kid"));
    assert_true(first_kid_is(&set, "k2"));
    assert_int_equal(set.freshness, KEYS_REFRESHED);
    assert_string_equal(detail.at, "");
    /* The same login does not ask twice. */
    assert_false(unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail));
    assert_false(spawn_has_run(world));
    key_set_free(&set);
}

static void unknown_kid_in_the_cooldown_runs_nothing(void **state)
{
    struct cache_world *world = *state;
    struct key_state with = {.last_unknown_kid_attempt = NOW - 10};
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 100);
    world_put_state(world, &with);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    assert_false(unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail));
    assert_non_null(strstr(detail.at, "20 s"));
    assert_false(spawn_has_run(world));
    /* But what another login's refresh has just brought is seen. */
    world_put_keys(world, "k2", NOW - 1);
    assert_true(unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail));
    assert_true(first_kid_is(&set, "k2"));
    assert_false(spawn_has_run(world));
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
    world_put_state(world, &with);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    assert_int_equal(safe_folder_open(world->cache, &folder, NULL), SAFE_FILE_OK);
    assert_int_equal(key_lock_take(&world->config, &world->tenant, folder, 0, &fd, &waited, NULL),
                     KEY_LOCK_TAKEN);
    close(folder);
    unknown_kid(world, KEY_EFFORT_REFRESH, &set, NULL);
    assert_true(spawn_was_run_with(world, "--unknown-kid"));
    close(fd);
    key_set_free(&set);
}

static void unknown_kid_keeps_the_set_where_the_refresh_fails(void **state)
{
    struct cache_world *world = *state;
    struct text detail = {0};
    struct key_set set;

    world_put_keys(world, "k1", NOW - 100);
    assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, NULL), REASON_ACCEPTED);
    world_write(world->conf, bytes_of("exit 1"));
    unknown_kid(world, KEY_EFFORT_REFRESH, &set, &detail);
    assert_true(first_kid_is(&set, "k1"));
    assert_non_null(strstr(detail.at, "could not fetch"));
    key_set_free(&set);
}

static void read_only_effort_says_what_would_happen(void **state)
{
    struct cache_world *world = *state;
    struct lines lines = {0};
    struct log log = lines_log(&lines);
    struct text detail = {0};
    struct key_set set;

    /* An attempt to run what is not there would be logged, or told, before the call returns. */
    assert_int_equal(unlink(world->program), 0);
    world_put_keys(world, "k1", NOW - 700);
    assert_int_equal(
        key_cache_get(&world->config, &world->tenant, KEY_EFFORT_READ, NOW, &log, &set, &detail),
        REASON_ACCEPTED);
    assert_int_equal(lines.count, 0);
    assert_non_null(strstr(detail.at, "in the background"));
    assert_false(unknown_kid(world, KEY_EFFORT_READ, &set, &detail));
    assert_non_null(strstr(detail.at, "--unknown-kid"));
    key_set_free(&set);
}

/* What a host process that is not root does with root's cache: it reads it, and nothing else. */
static int judge_as_another_user(const struct cache_world *world)
{
    struct lines lines = {0};
    struct log log = lines_log(&lines);
    struct text detail = {0};
    struct key_set set;

    if (setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0 ||
        setresuid(65534, 65534, 65534) != 0) {
        return 1;
    }
    if (key_cache_get(&world->config, &world->tenant, KEY_EFFORT_REFRESH, NOW, &log, &set,
                      &detail) != REASON_ACCEPTED ||
        set.freshness != KEYS_STALE || lines.count != 0) {
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
        static char roots[] = "/etc";
        struct text detail = {0};
        struct key_set set;

        world->config.global.cache_dir = roots;
        assert_int_equal(world_get(world, KEY_EFFORT_REFRESH, NOW, &set, &detail),
                         REASON_KEYS_UNAVAILABLE);
        assert_non_null(strstr(detail.at, "run auth0jwt-refresh as root"));
        assert_false(spawn_has_run(world));
        return;
    }
    world_put_keys(world, "k1", NOW - 700);
    assert_int_equal(chmod(world->root, 0755), 0);
    /* Whoever tried to run it would say so. */
    assert_int_equal(unlink(world->program), 0);
    child = fork();
    if (child == 0) {
        _exit(judge_as_another_user(world));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(world_count(world->cache), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(unknown_kid_refreshes_once),
        CASE(unknown_kid_in_the_cooldown_runs_nothing),
        CASE(unknown_kid_waits_for_a_refresh_under_way),
        CASE(unknown_kid_keeps_the_set_where_the_refresh_fails),
        CASE(read_only_effort_says_what_would_happen),
        CASE(another_user_reads_only),
    };

    if (stand_in_called(argc, argv)) {
        stand_in_run(argc, argv);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
