/*
 * Running auth0jwt-refresh: what it gets, what becomes of its answer, the deadline, and what is not
 * executed. This program itself stands in for auth0jwt-refresh.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/monotonic.h"
#include "spawn_world.h"
#include "stand_in.h"

static int make(void **state)
{
    struct cache_world *world = cache_world_make();

    world_install_self(world);
    *state = world;
    return 0;
}

static int drop(void **state)
{
    struct cache_world *world = *state;

    cache_world_remove(&world);
    return 0;
}

static void exit_statuses(void **state)
{
    static const struct {
        const char *orders;
        enum refresh_result result;
        const char *why;
    } rows[] = {
        {"exit 0", REFRESH_DONE, ""},
        {"exit 1", REFRESH_FAILED, "could not fetch"},
        {"exit 2", REFRESH_FAILED, "configuration"},
        {"exit 3", REFRESH_NOT_NOW, "too early"},
        {"exit 4", REFRESH_NOT_NOW, "still running"},
        {"exit 5", REFRESH_FAILED, "status 5"},
        {"kill 9", REFRESH_FAILED, "signal 9"},
        {"kill 14", REFRESH_FAILED, "signal 14"},
    };
    struct cache_world *world = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text why = {0};

        spawn_order(world, rows[i].orders);
        assert_int_equal(spawn_run(world, REFRESH_PLAIN, SPAWN_TIMEOUT, &why), rows[i].result);
        assert_non_null(strstr(why.at, rows[i].why));
        assert_no_child();
    }
}

static void arguments_and_surroundings(void **state)
{
    struct cache_world *world = *state;
    char expected[WORLD_PATH_MAX + 16];
    char *record;
    int extra = open("/etc/passwd", O_RDONLY);

    assert_true(extra >= 0);
    assert_int_equal(setenv("LD_LIBRARY_PATH", "/tmp", 1), 0);
    assert_int_equal(setenv("https_proxy", "http://evil.example:8080", 1), 0);
    assert_int_equal(setenv("AUTH0JWT", "hostile", 1), 0);
    spawn_order(world, "exit 0");
    assert_int_equal(spawn_run(world, REFRESH_PLAIN, SPAWN_TIMEOUT, NULL), REFRESH_DONE);
    unsetenv("LD_LIBRARY_PATH");
    unsetenv("https_proxy");
    unsetenv("AUTH0JWT");
    close(extra);
    record = spawn_record(world);
    assert_int_equal(record_count_lines(record, "arg "), 6);
    snprintf(expected, sizeof(expected), "arg %s", world->program);
    assert_true(record_has_line(record, expected));
    assert_true(record_has_line(record, "arg --quiet"));
    assert_true(record_has_line(record, "arg --config"));
    snprintf(expected, sizeof(expected), "arg %s", world->conf);
    assert_true(record_has_line(record, expected));
    assert_true(record_has_line(record, "arg --tenant"));
    assert_true(record_has_line(record, "arg main"));
    assert_int_equal(record_count_lines(record, "env "), 2);
    assert_int_equal(record_count_lines(record, "env PATH="), 1);
    assert_true(record_has_line(record, "env LC_ALL=C"));
    assert_int_equal(record_count_lines(record, "fd "), 3);
    assert_true(record_has_line(record, "fd 0 /dev/null"));
    assert_true(record_has_line(record, "fd 1 /dev/null"));
    assert_true(record_has_line(record, "fd 2 /dev/null"));
    assert_true(record_has_line(record, "cwd /"));
    assert_true(record_has_line(record, "session own"));
    assert_true(record_has_line(record, "SigBlk:\t0000000000000000"));
    assert_true(record_has_line(record, "SigIgn:\t0000000000000000"));
    assert_true(record_has_line(record, "Umask:\t0077"));
    assert_true(record_has_line(record, "alarm 13"));
    free(record);
}

static void other_kinds(void **state)
{
    struct cache_world *world = *state;
    char *record;

    spawn_order(world, "exit 0");
    assert_int_equal(spawn_run(world, REFRESH_UNKNOWN_KID, SPAWN_TIMEOUT, NULL), REFRESH_DONE);
    record = spawn_record(world);
    assert_true(record_has_line(record, "arg --unknown-kid"));
    assert_int_equal(record_count_lines(record, "arg "), 7);
    free(record);
}

static void detached_does_not_wait(void **state)
{
    struct cache_world *world = *state;
    int64_t before = monotonic_ms();
    char end[WORLD_PATH_MAX + 16];
    char *record;
    int i;

    spawn_order(world, "sleep 6000");
    assert_int_equal(spawn_run(world, REFRESH_DETACHED, SPAWN_TIMEOUT, NULL), REFRESH_STARTED);
    assert_true(monotonic_ms() - before < 5900);
    assert_no_child();
    record = spawn_record(world);
    assert_true(record_has_line(record, "arg --detach"));
    assert_int_equal(record_count_lines(record, "fd "), 3);
    assert_true(record_has_line(record, "session own"));
    free(record);
    snprintf(end, sizeof(end), "%s.end", world->conf);
    for (i = 0; i < 1500 && access(end, F_OK) != 0; i++) {
        usleep(10000);
    }
    assert_int_equal(access(end, F_OK), 0);
}

/* At the deadline the host goes on; the program is left alone, and nobody has to be reaped. */
static void deadline(void **state)
{
    struct cache_world *world = *state;
    int64_t before = monotonic_ms();
    struct text why = {0};
    char end[WORLD_PATH_MAX + 16];
    int i;

    spawn_order(world, "sleep 6000");
    assert_int_equal(spawn_run(world, REFRESH_PLAIN, 300, &why), REFRESH_TIMED_OUT);
    assert_in_range(monotonic_ms() - before, 300, 5900);
    assert_non_null(strstr(why.at, "in time"));
    assert_no_child();
    snprintf(end, sizeof(end), "%s.end", world->conf);
    assert_int_not_equal(access(end, F_OK), 0);
    for (i = 0; i < 1500 && access(end, F_OK) != 0; i++) {
        usleep(10000);
    }
    assert_int_equal(access(end, F_OK), 0);
    assert_no_child();
}

static void assert_refused(const struct cache_world *world, const char *cause)
{
    static const enum refresh_kind kinds[] = {REFRESH_PLAIN, REFRESH_UNKNOWN_KID, REFRESH_DETACHED};
    char record[WORLD_PATH_MAX + 16];
    size_t i;

    snprintf(record, sizeof(record), "%s.record", world->conf);
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct text why = {0};

        assert_int_equal(spawn_run(world, kinds[i], SPAWN_TIMEOUT, &why), REFRESH_FAILED);
        assert_non_null(strstr(why.at, cause));
        assert_int_not_equal(access(record, F_OK), 0);
        assert_no_child();
    }
}

static void unsafe_programs_are_not_executed(void **state)
{
    struct cache_world *world = *state;
    char other[WORLD_PATH_MAX + 16];

    spawn_order(world, "exit 0");
    assert_int_equal(chmod(world->program, 0775), 0);
    assert_refused(world, "go-w");
    assert_int_equal(chmod(world->program, 0757), 0);
    assert_refused(world, "go-w");
    assert_int_equal(chmod(world->program, 0644), 0);
    assert_refused(world, "is not a program");
    assert_int_equal(chmod(world->program, 0755), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(world->program, 1, 1), 0);
        assert_refused(world, "does not belong to root");
        assert_int_equal(chown(world->program, 0, 0), 0);
    }
    assert_int_equal(chmod(world->root, 0777), 0);
    assert_refused(world, "can be written by group or others");
    assert_int_equal(chmod(world->root, 0700), 0);
    snprintf(other, sizeof(other), "%s.real", world->program);
    assert_int_equal(rename(world->program, other), 0);
    assert_refused(world, "does not exist: install it");
    assert_int_equal(symlink(other, world->program), 0);
    assert_refused(world, "is a symbolic link");
    assert_int_equal(unlink(world->program), 0);
    assert_int_equal(mkdir(world->program, 0755), 0);
    assert_refused(world, "is not a regular file");
}

static void garbage_is_not_executed(void **state)
{
    struct cache_world *world = *state;

    spawn_order(world, "exit 0");
    world_write(world->program, bytes_of("\x7f"
                                         "ELF, but no further"));
    assert_refused(world, "could not be started");
}

static void nothing_runs_for_a_cache_of_others(void **state)
{
    struct cache_world *world = *state;

    spawn_order(world, "exit 0");
    assert_int_equal(chmod(world->cache, 0777), 0);
    assert_refused(world, world->cache);
}

static void host_s_end_does_not_end_the_refresh(void **state)
{
    struct cache_world *world = *state;
    char end[WORLD_PATH_MAX + 16];
    int status;
    int i;
    pid_t host;

    spawn_order(world, "sleep 700");
    host = fork();
    if (host == 0) {
        _exit(spawn_run(world, REFRESH_PLAIN, 100, NULL) == REFRESH_TIMED_OUT ? 0 : 1);
    }
    assert_int_equal(waitpid(host, &status, 0), host);
    assert_int_equal(status, 0);
    snprintf(end, sizeof(end), "%s.end", world->conf);
    for (i = 0; i < 1500 && access(end, F_OK) != 0; i++) {
        usleep(10000);
    }
    assert_int_equal(access(end, F_OK), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(exit_statuses),
        CASE(arguments_and_surroundings),
        CASE(other_kinds),
        CASE(detached_does_not_wait),
        CASE(deadline),
        CASE(unsafe_programs_are_not_executed),
        CASE(garbage_is_not_executed),
        CASE(nothing_runs_for_a_cache_of_others),
        CASE(host_s_end_does_not_end_the_refresh),
    };

    if (stand_in_called(argc, argv)) {
        stand_in_run(argc, argv);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
