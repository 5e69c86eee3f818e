/*
 * The processes: host -> launcher (no SIGCHLD child of the host, ends at once, reaped with __WALL)
 * -> keeper (a session of its own, child of init) -> program. The keeper waits for the program and
 * reports; a detached program takes the keeper's place. execve makes SIGCHLD the exit signal again,
 * so what executes must not be the host's own child; nor may anything that the host would have to
 * reap outlive the call.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/refresh_launcher.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/descriptors.h"

/* linux/ioprio.h; the standard priority follows from the nice value. */
enum { IOPRIO_THIS_PROCESS = 1, IOPRIO_STANDARD = 0 };

enum { REPORT_FD = 3, EXEC_FAILED = 127 };

/* glibc's wrappers of these would signal the threads of the host that it believes to be here. */
#ifdef SYS_setresuid32
enum { CALL_SETGROUPS = SYS_setgroups32, CALL_UID = SYS_setresuid32, CALL_GID = SYS_setresgid32 };
#else
enum { CALL_SETGROUPS = SYS_setgroups, CALL_UID = SYS_setresuid, CALL_GID = SYS_setresgid };
#endif

static void report(int fd, enum refresh_report_kind kind, int value)
{
    struct refresh_report message = {(int32_t)kind, (int32_t)value};
    ssize_t wrote;

    do {
        wrote = write(fd, &message, sizeof(message));
    } while (wrote < 0 && errno == EINTR);
}

/* By the kernel's own call: libc refuses the two signals that it keeps for itself, and posix_spawn
 * hands them on ignored. Its zeroed argument is SIG_DFL, without flags or mask. */
static void default_signals(void)
{
    const unsigned long standard[8] = {0};
    int number;

    for (number = 1; number < _NSIG; number++) {
        syscall(SYS_rt_sigaction, number, standard, NULL, (size_t)_NSIG / 8);
    }
}

/* The caller of sudo may have set limits that would stop the program while it holds the lock. Where
 * a limit cannot be raised, all of what is allowed must do. The program's own child takes tighter
 * ones on purpose (refresh/confine.c). */
static void fix_limits(void)
{
    static const struct {
        unsigned resource;
        rlim_t value;
    } limits[] = {
        {RLIMIT_CORE, 0},
        {RLIMIT_CPU, 60},
        {RLIMIT_FSIZE, 16 << 20},
        {RLIMIT_NOFILE, 256},
        {RLIMIT_STACK, 8 << 20},
        {RLIMIT_AS, RLIM_INFINITY},
        {RLIMIT_DATA, RLIM_INFINITY},
        {RLIMIT_NPROC, RLIM_INFINITY},
        {RLIMIT_RTTIME, RLIM_INFINITY},
    };
    size_t i;

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit limit = {limits[i].value, limits[i].value};
        struct rlimit now;

        if (setrlimit(limits[i].resource, &limit) != 0 &&
            getrlimit(limits[i].resource, &now) == 0) {
            now.rlim_cur = now.rlim_max;
            setrlimit(limits[i].resource, &now);
        }
    }
}

static void fix_scheduling(void)
{
    struct sched_param none = {0};

    syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
    setpriority(PRIO_PROCESS, 0, 0);
    syscall(SYS_ioprio_set, IOPRIO_THIS_PROCESS, 0, IOPRIO_STANDARD);
}

/* All three ids become the effective ones: a process whose real uid is the caller's could be
 * stopped by them. */
static bool fix_identity(const struct refresh_launcher *launcher)
{
    if (launcher->uid == 0 && syscall(CALL_SETGROUPS, 0, NULL) != 0) {
        return false;
    }
    return syscall(CALL_GID, launcher->gid, launcher->gid, launcher->gid) == 0 &&
           syscall(CALL_UID, launcher->uid, launcher->uid, launcher->uid) == 0;
}

static void execute(const struct refresh_launcher *launcher) __attribute__((noreturn));
static void execute(const struct refresh_launcher *launcher)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(launcher->alarm);
    execve(launcher->argv[0], launcher->argv, launcher->envp);
    report(REPORT_FD, REFRESH_REPORT_EXEC, errno);
    _exit(EXEC_FAILED);
}

/* Waits for the program, with all signals blocked, and reports. */
static void keep(pid_t program) __attribute__((noreturn));
static void keep(pid_t program)
{
    int status = 0;
    pid_t got;

    do {
        got = waitpid(program, &status, 0);
    } while (got < 0 && errno == EINTR);
    if (got == program) {
        report(REPORT_FD, REFRESH_REPORT_STATUS, status);
    }
    _exit(0);
}

static void run_keeper(const struct refresh_launcher *launcher) __attribute__((noreturn));
static void run_keeper(const struct refresh_launcher *launcher)
{
    pid_t program = 0;

    if (!descriptors_keep(launcher->report, REPORT_FD)) {
        report(launcher->report, REFRESH_REPORT_SETUP, errno);
        _exit(1);
    }
    if (setsid() < 0 || !fix_identity(launcher) || chdir("/") != 0) {
        report(REPORT_FD, REFRESH_REPORT_SETUP, errno);
        _exit(1);
    }
    fix_limits();
    fix_scheduling();
    umask(077);
    if (launcher->wait) {
        program = _Fork();
    }
    if (program < 0) {
        report(REPORT_FD, REFRESH_REPORT_SETUP, errno);
        _exit(1);
    }
    if (program > 0) {
        keep(program);
    }
    execute(launcher);
}

void refresh_launcher_run(const struct refresh_launcher *launcher)
{
    pid_t keeper;

    default_signals();
    /* Not the fork of libc: with threads in the host it may wait for ever for a lock. */
    keeper = _Fork();
    if (keeper == 0) {
        run_keeper(launcher);
    }
    if (keeper < 0) {
        report(launcher->report, REFRESH_REPORT_SETUP, errno);
    }
    _exit(0);
}
