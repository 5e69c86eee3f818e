/*
 * NAME.state, the cooldown, and the lock.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/safe_file.h"
#include "cache_world.h"
#include "host/cache_folder.h"
#include "host/key_lock.h"
#include "host/key_state.h"
#include "host/monotonic.h"
#include "host/refresh_run.h"

enum { NOW = 1800000000 };

static int make(void **state)
{
    *state = cache_world_make();
    return 0;
}

static int drop(void **state)
{
    struct cache_world *world = *state;

    cache_world_remove(&world);
    return 0;
}

static const struct key_state sample = {.last_attempt = NOW - 5,
                                        .last_unknown_kid_attempt = NOW - 3,
                                        .unknown_kid_misses = 2,
                                        .failures = 7,
                                        .last_error = "https://x: \"quoted\" \\ text"};

static void assert_empty(const struct cache_world *world)
{
    struct key_state found;

    memset(&found, 0xff, sizeof(found));
    key_state_read(&world->config, &world->tenant, &found);
    assert_int_equal(found.last_attempt, 0);
    assert_int_equal(found.last_unknown_kid_attempt, 0);
    assert_int_equal(found.unknown_kid_misses, 0);
    assert_int_equal(found.failures, 0);
    assert_string_equal(found.last_error, "");
}

static void round_trip(void **state)
{
    static const mode_t masks[] = {0, 022, 0777};
    struct cache_world *world = *state;
    mode_t before = umask(022);
    size_t i;

    for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        struct key_state found;
        struct stat st;

        umask(masks[i]);
        assert_true(key_state_write(&world->config, &world->tenant, &sample, NULL));
        umask(before);
        assert_int_equal(stat(world->state, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        key_state_read(&world->config, &world->tenant, &found);
        assert_int_equal(found.last_attempt, sample.last_attempt);
        assert_int_equal(found.last_unknown_kid_attempt, sample.last_unknown_kid_attempt);
        assert_int_equal(found.unknown_kid_misses, 2);
        assert_int_equal(found.failures, 7);
        assert_string_equal(found.last_error, sample.last_error);
    }
    umask(before);
    assert_int_equal(world_count(world->cache), 1);
}

static void missing_is_empty(void **state)
{
    struct cache_world *world = *state;

    assert_empty(world);
    assert_int_equal(rmdir(world->cache), 0);
    assert_empty(world);
    assert_false(key_state_write(&world->config, &world->tenant, &sample, NULL));
}

static void damaged_is_empty(void **state)
{
    struct cache_world *world = *state;
    struct blob good;
    size_t i;

    assert_true(key_state_write(&world->config, &world->tenant, &sample, NULL));
    good = world_read(world->state);
    for (i = 0; i < good.len; i++) {
        good.ptr[i] ^= 1;
        world_write(world->state, bytes_of_blob(&good));
        good.ptr[i] ^= 1;
        assert_empty(world);
        world_write(world->state, bytes_first(bytes_of_blob(&good), i));
        assert_empty(world);
    }
    blob_free(&good);
}

static void long_errors_are_cut(void **state)
{
    struct cache_world *world = *state;
    struct key_state written = {0};
    struct key_state found;
    char text[1000];

    memset(text, 'e', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    key_state_set_error(&written, text);
    assert_int_equal(strlen(written.last_error), sizeof(written.last_error) - 1);
    assert_true(key_state_write(&world->config, &world->tenant, &written, NULL));
    key_state_read(&world->config, &world->tenant, &found);
    assert_string_equal(found.last_error, written.last_error);
}

static void cooldown_rows(void **state)
{
    static const struct {
        int64_t last;
        int64_t misses;
        int64_t left;
    } rows[] = {
        {0, 0, 0}, /* never */
        {NOW, 0, 30},
        {NOW - 29, 0, 1},
        {NOW - 30, 0, 0},
        {NOW - 31, 0, 0},
        {NOW, 1, 60},
        {NOW - 59, 1, 1},
        {NOW - 60, 1, 0},
        {NOW, 2, 120},
        {NOW, 4, 480},
        {NOW, 5, 600}, /* never longer than key_refresh */
        {NOW, 253402300799, 600},
        {NOW + 300, 0, 30}, /* a clock a little behind */
        {NOW + 301, 0, 0},  /* a clock that was set back */
    };
    struct cache_world *world = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct key_state with = {.last_unknown_kid_attempt = rows[i].last,
                                 .unknown_kid_misses = rows[i].misses};

        assert_int_equal(key_state_cooldown_left(&with, &world->tenant, NOW), rows[i].left);
    }
}

static void cooldown_longer_than_key_refresh_stays(void **state)
{
    struct cache_world *world = *state;
    struct key_state with = {.last_unknown_kid_attempt = NOW, .unknown_kid_misses = 3};

    world->tenant.unknown_kid_cooldown = 1000;
    assert_int_equal(key_state_cooldown_left(&with, &world->tenant, NOW), 1000);
    world->tenant.unknown_kid_cooldown = 0;
    assert_int_equal(key_state_cooldown_left(&with, &world->tenant, NOW), 0);
}

static void attempt_begun_rows(void **state)
{
    struct cache_world *world = *state;
    struct key_state with = {.last_attempt = NOW - 12};

    assert_int_equal(refresh_alarm_seconds(&world->tenant), 13);
    assert_true(key_state_attempt_begun(&with, &world->tenant, NOW));
    with.last_attempt = NOW - 13;
    assert_false(key_state_attempt_begun(&with, &world->tenant, NOW));
    with.last_attempt = 0;
    assert_false(key_state_attempt_begun(&with, &world->tenant, NOW));
    with.last_attempt = NOW + 3600;
    assert_false(key_state_attempt_begun(&with, &world->tenant, NOW));
}

static enum key_lock take(const struct cache_world *world, int64_t timeout_ms, int *fd,
                          bool *waited)
{
    enum key_lock result;
    int folder;

    assert_int_equal(safe_folder_open(world->cache, &folder, NULL), SAFE_FILE_OK);
    result = key_lock_take(&world->config, &world->tenant, folder, timeout_ms, fd, waited, NULL);
    close(folder);
    return result;
}

static void one_holder_at_a_time(void **state)
{
    struct cache_world *world = *state;
    bool waited;
    int64_t before;
    int first;
    int second;

    assert_false(key_lock_is_held(&world->config, &world->tenant));
    assert_int_equal(take(world, 0, &first, &waited), KEY_LOCK_TAKEN);
    assert_false(waited);
    assert_true(key_lock_is_held(&world->config, &world->tenant));
    before = monotonic_ms();
    assert_int_equal(take(world, 100, &second, &waited), KEY_LOCK_BUSY);
    assert_true(waited);
    assert_int_equal(second, -1);
    assert_in_range(monotonic_ms() - before, 100, 5000);
    close(first);
    assert_false(key_lock_is_held(&world->config, &world->tenant));
    assert_int_equal(take(world, 0, &second, &waited), KEY_LOCK_TAKEN);
    close(second);
}

static void a_dead_holder_holds_nothing(void **state)
{
    struct cache_world *world = *state;
    bool waited;
    int status;
    int fd;
    pid_t child = fork();

    if (child == 0) {
        _exit(take(world, 0, &fd, &waited) == KEY_LOCK_TAKEN ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(take(world, 0, &fd, &waited), KEY_LOCK_TAKEN);
    close(fd);
}

static void lock_mode_is_0600_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 0777};
    struct cache_world *world = *state;
    mode_t before = umask(022);
    size_t i;

    for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        enum key_lock result;
        struct stat st;
        bool waited;
        int fd;

        umask(masks[i]);
        result = take(world, 0, &fd, &waited);
        umask(before);
        assert_int_equal(result, KEY_LOCK_TAKEN);
        close(fd);
        assert_int_equal(stat(world->lock, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(unlink(world->lock), 0);
    }
    umask(before);
}

static void a_link_in_the_lock_s_place_is_refused(void **state)
{
    struct cache_world *world = *state;
    struct stat st;
    bool waited;
    int fd;

    assert_int_equal(symlink("target", world->lock), 0);
    assert_int_equal(take(world, 0, &fd, &waited), KEY_LOCK_FAILED);
    assert_int_equal(fd, -1);
    assert_int_equal(unlink(world->lock), 0);
    assert_int_equal(mkfifo(world->lock, 0600), 0);
    assert_int_equal(take(world, 0, &fd, &waited), KEY_LOCK_FAILED);
    assert_int_equal(lstat(world->lock, &st), 0);
}

/* Root makes the folder, and every folder on the way, 0755; others do not. */
static void folder_is_made_by_root_only(void **state)
{
    struct cache_world *world = *state;
    char deep[WORLD_PATH_MAX + 16];
    mode_t before = umask(0777);
    struct text why = {0};
    struct stat st;
    bool made;
    int fd;

    strcpy(deep, world->root);
    strcat(deep, "/a/b/cache");
    world->config.global.cache_dir = deep;
    made = cache_folder_open(&world->config, &fd, &why);
    umask(before);
    if (geteuid() != 0) {
        assert_false(made);
        assert_int_equal(fd, -1);
        assert_non_null(strstr(why.at, "make it"));
        assert_false(cache_folder_is_ours(&world->config, &why));
        return;
    }
    assert_true(made);
    close(fd);
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    strrchr(deep, '/')[0] = '\0';
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_true(cache_folder_is_ours(&world->config, &why));
}

/* In a folder of root's another user refreshes nothing. */
static void another_user_refreshes_nothing(void **state)
{
    struct cache_world *world = *state;
    int status;
    pid_t child;

    if (geteuid() != 0) {
        static char roots[] = "/etc";
        struct text why = {0};

        world->config.global.cache_dir = roots;
        assert_false(cache_folder_is_ours(&world->config, &why));
        assert_non_null(strstr(why.at, "belongs to another user"));
        return;
    }
    assert_int_equal(chmod(world->root, 0755), 0);
    child = fork();
    if (child == 0) {
        struct text why = {0};
        int fd;
        bool good = setresuid(65534, 65534, 65534) == 0 &&
                    !cache_folder_is_ours(&world->config, &why) &&
                    strstr(why.at, "belongs to another user") != NULL &&
                    !cache_folder_open(&world->config, &fd, &why) && fd == -1;

        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(round_trip),
        CASE(missing_is_empty),
        CASE(damaged_is_empty),
        CASE(long_errors_are_cut),
        CASE(cooldown_rows),
        CASE(cooldown_longer_than_key_refresh_stays),
        CASE(attempt_begun_rows),
        CASE(one_holder_at_a_time),
        CASE(a_dead_holder_holds_nothing),
        CASE(lock_mode_is_0600_whatever_the_umask),
        CASE(a_link_in_the_lock_s_place_is_refused),
        CASE(folder_is_made_by_root_only),
        CASE(another_user_refreshes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
