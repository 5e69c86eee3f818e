/*
 * Running auth0jwt-refresh from inside a host that does with SIGCHLD, threads, descriptors, limits
 * and ids what it likes, and that must not notice. This program itself stands in for
 * auth0jwt-refresh.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/monotonic.h"
#include "spawn_world.h"
#include "stand_in.h"

static volatile sig_atomic_t signals_seen;
static volatile sig_atomic_t children_stolen;

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

/* Everything of this process that a call must leave as it was: descriptors, mask and dispositions.
 */
static void describe_self(char *out, size_t size)
{
    FILE *status = fopen("/proc/self/status", "r");
    DIR *stream;
    const struct dirent *entry;
    char line[512];
    size_t length = 0;

    assert_non_null(status);
    while (fgets(line, sizeof(line), status) != NULL) {
        if ((strncmp(line, "Sig", 3) == 0 && line[3] != 'Q') || strncmp(line, "Uid", 3) == 0 ||
            strncmp(line, "Umask", 5) == 0) {
            length += (size_t)snprintf(out + length, size - length, "%s", line);
        }
    }
    fclose(status);
    stream = opendir("/proc/self/fd");
    assert_non_null(stream);
    while ((entry = readdir(stream)) != NULL) {
        length += (size_t)snprintf(out + length, size - length, "%s ", entry->d_name);
    }
    closedir(stream);
    assert_true(length < size);
}

/* Runs one refresh and asserts that the host cannot have noticed. */
static void assert_unnoticed(const struct cache_world *world, const char *orders,
                             enum refresh_result expected)
{
    char before[4096];
    char after[4096];
    struct text why = {0};
    sigset_t pending;

    spawn_order(world, orders);
    describe_self(before, sizeof(before));
    assert_int_equal(spawn_run(world, REFRESH_PLAIN, SPAWN_TIMEOUT, &why), expected);
    describe_self(after, sizeof(after));
    assert_string_equal(before, after);
    assert_int_equal(sigpending(&pending), 0);
    assert_false(sigismember(&pending, SIGCHLD));
    assert_int_equal(signals_seen, 0);
    assert_int_equal(children_stolen, 0);
    assert_no_child();
}

static void on_any(int number)
{
    (void)number;
    signals_seen++;
}

static void on_child(int number)
{
    int saved = errno;

    (void)number;
    signals_seen++;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
        children_stolen++;
    }
    errno = saved;
}

struct host_case {
    void (*handler)(int);
    int flags;
    bool blocked;
};

static void host_sigchld(void **state)
{
    static const struct host_case cases[] = {
        {SIG_DFL, 0, false},
        {SIG_DFL, 0, true},
        {SIG_IGN, 0, false},
        {SIG_IGN, 0, true},
        {SIG_DFL, SA_NOCLDWAIT, false},
        {on_any, SA_NOCLDWAIT, false},
        {on_any, 0, false},
        {on_any, 0, true},
        {on_any, SA_RESTART, false},
        {on_child, 0, false},
    };
    struct cache_world *world = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sigaction action = {.sa_handler = cases[i].handler, .sa_flags = cases[i].flags};
        struct sigaction before;
        struct sigaction after;
        sigset_t child;
        sigset_t mask;

        signals_seen = 0;
        children_stolen = 0;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        assert_int_equal(sigaction(SIGCHLD, &action, &before), 0);
        sigprocmask(cases[i].blocked ? SIG_BLOCK : SIG_UNBLOCK, &child, &mask);
        assert_unnoticed(world, "exit 0", REFRESH_DONE);
        assert_unnoticed(world, "exit 1", REFRESH_FAILED);
        assert_unnoticed(world, "kill 9", REFRESH_FAILED);
        assert_int_equal(sigaction(SIGCHLD, NULL, &after), 0);
        assert_ptr_equal(after.sa_handler, cases[i].handler);
        sigprocmask(SIG_SETMASK, &mask, NULL);
        sigaction(SIGCHLD, &before, NULL);
    }
}

/* A host may ignore or block what would stop the program, too (sudo does). */
static void host_ignores_and_blocks(void **state)
{
    static const int ignored[] = {SIGPIPE, SIGINT, SIGTERM, SIGALRM, SIGHUP};
    struct cache_world *world = *state;
    sigset_t mask;
    sigset_t all;
    char *record;
    size_t i;

    for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        signal(ignored[i], SIG_IGN);
    }
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    spawn_order(world, "exit 0");
    assert_int_equal(spawn_run(world, REFRESH_PLAIN, SPAWN_TIMEOUT, NULL), REFRESH_DONE);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        signal(ignored[i], SIG_DFL);
    }
    record = spawn_record(world);
    assert_true(record_has_line(record, "SigBlk:\t0000000000000000"));
    assert_true(record_has_line(record, "SigIgn:\t0000000000000000"));
    free(record);
}

static atomic_bool threads_stop;

static void *allocate(void *context)
{
    (void)context;
    while (!atomic_load(&threads_stop)) {
        char *text = malloc(100 + (size_t)(monotonic_ms() % 1000));

        if (text != NULL) {
            text[0] = 'x';
        }
        free(text);
    }
    return NULL;
}

static void host_with_threads(void **state)
{
    enum { THREADS = 4, ROUNDS = 20 };
    struct cache_world *world = *state;
    pthread_t threads[THREADS];
    int i;

    atomic_store(&threads_stop, false);
    signals_seen = 0;
    children_stolen = 0;
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, allocate, NULL), 0);
    }
    spawn_order(world, "exit 0");
    for (i = 0; i < ROUNDS; i++) {
        assert_int_equal(spawn_run(world, REFRESH_PLAIN, SPAWN_TIMEOUT, NULL), REFRESH_DONE);
    }
    atomic_store(&threads_stop, true);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_no_child();
}

/* Runs a refresh in a child that `prepare` has made odd; asserts how it ended. */
static void run_prepared(const struct cache_world *world, bool (*prepare)(void),
                         enum refresh_result expected)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        struct text why = {0};

        if (!prepare()) {
            _exit(2);
        }
        _exit(spawn_run(world, REFRESH_PLAIN, SPAWN_TIMEOUT, &why) == expected ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static bool close_standard(void)
{
    return close(0) == 0 && close(1) == 0 && close(2) == 0;
}

static void standard_descriptors_closed(void **state)
{
    struct cache_world *world = *state;
    char *record;

    spawn_order(world, "exit 0");
    run_prepared(world, close_standard, REFRESH_DONE);
    record = spawn_record(world);
    assert_int_equal(record_count_lines(record, "fd "), 3);
    assert_true(record_has_line(record, "fd 0 /dev/null"));
    assert_true(record_has_line(record, "fd 1 /dev/null"));
    assert_true(record_has_line(record, "fd 2 /dev/null"));
    free(record);
}

static bool starve(void)
{
    struct rlimit none = {0, RLIM_INFINITY};
    struct rlimit few = {64, 256};

    getrlimit(RLIMIT_FSIZE, &none);
    none.rlim_cur = 0;
    umask(0777);
    return setrlimit(RLIMIT_FSIZE, &none) == 0 && setrlimit(RLIMIT_NOFILE, &few) == 0 &&
           nice(15) == 15 && chdir("/tmp") == 0;
}

static void host_starved(void **state)
{
    struct cache_world *world = *state;
    char *record;

    spawn_order(world, "exit 0");
    run_prepared(world, starve, REFRESH_DONE);
    record = spawn_record(world);
    assert_true(record_has_line(record, "limit core 0"));
    assert_true(record_has_line(record, "limit fsize 16777216"));
    assert_true(record_has_line(record, "limit nofile 256"));
    assert_true(record_has_line(record, "limit cpu 60"));
    assert_true(record_has_line(record, "limit as -1"));
    assert_true(record_has_line(record, "Umask:\t0077"));
    assert_true(record_has_line(record, "cwd /"));
    if (geteuid() == 0) {
        assert_true(record_has_line(record, "nice 0"));
    }
    free(record);
}

static bool become_half_root(void)
{
    const gid_t groups[] = {1, 2, 3};

    return setgroups(3, groups) == 0 && setresgid(65534, 0, 65534) == 0 &&
           setresuid(65534, 0, 65534) == 0;
}

/* As under sudo: the real uid is the caller's, who could stop a process with it. */
static void all_ids_become_the_effective_ones(void **state)
{
    struct cache_world *world = *state;
    char expected[128];
    char *record;

    spawn_order(world, "exit 0");
    if (geteuid() == 0) {
        run_prepared(world, become_half_root, REFRESH_DONE);
    } else {
        assert_int_equal(spawn_run(world, REFRESH_PLAIN, SPAWN_TIMEOUT, NULL), REFRESH_DONE);
    }
    record = spawn_record(world);
    snprintf(expected, sizeof(expected), "Uid:\t%u\t%u\t%u\t%u", geteuid(), geteuid(), geteuid(),
             geteuid());
    assert_true(record_has_line(record, expected));
    snprintf(expected, sizeof(expected), "Gid:\t%u\t%u\t%u\t%u", getegid(), getegid(), getegid(),
             getegid());
    assert_true(record_has_line(record, expected));
    if (geteuid() == 0) {
        assert_true(record_has_line(record, "Groups:\t "));
    }
    free(record);
}

/* A kernel, or a container's filter, that has no clone3. */
static bool forbid_clone3(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof(rules) / sizeof(rules[0]), rules};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
           syscall(SYS_clone3, NULL, 0) == -1 && errno == EPERM;
}

static void host_without_clone3(void **state)
{
    struct cache_world *world = *state;

    spawn_order(world, "exit 0");
    run_prepared(world, forbid_clone3, REFRESH_DONE);
    spawn_order(world, "exit 3");
    run_prepared(world, forbid_clone3, REFRESH_NOT_NOW);
}

static bool exhaust_descriptors(void)
{
    while (dup(0) >= 0) {
    }
    return errno == EMFILE;
}

static void host_without_descriptors(void **state)
{
    struct cache_world *world = *state;

    spawn_order(world, "exit 0");
    run_prepared(world, exhaust_descriptors, REFRESH_FAILED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(host_sigchld),        CASE(host_ignores_and_blocks),
        CASE(host_with_threads),   CASE(standard_descriptors_closed),
        CASE(host_starved),        CASE(all_ids_become_the_effective_ones),
        CASE(host_without_clone3), CASE(host_without_descriptors),
    };

    if (stand_in_called(argc, argv)) {
        stand_in_run(argc, argv);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
