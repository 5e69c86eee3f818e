/*
 * The host's side of the spawn: everything is prepared before the clone, the direct child is reaped
 * at once, and the answer comes through a pipe, so that neither SIGCHLD nor an exit status matters.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/refresh_run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/safe_file.h"
#include "host/cache_folder.h"
#include "host/monotonic.h"
#include "host/refresh_launcher.h"

enum { ARGUMENTS_MAX = 8 };

/* execve takes its strings as if it might change them; it does not. */
static char *argument(const char *text)
{
    union {
        const char *in;
        char *out;
    } same = {text};

    return same.out;
}

static bool program_is_safe(const char *path, struct text *why)
{
    enum safe_file found = safe_program_check(path, why);

    if (found == SAFE_FILE_MISSING) {
        text_add(why, ": install it or correct refresh_program");
    }
    return found == SAFE_FILE_OK;
}

static void fill_arguments(const struct config *config, const struct tenant *tenant,
                           enum refresh_kind kind, char *argv[ARGUMENTS_MAX])
{
    size_t count = 0;

    argv[count++] = config->global.refresh_program;
    argv[count++] = argument("--quiet");
    argv[count++] = argument("--config");
    argv[count++] = config->path;
    argv[count++] = argument("--tenant");
    argv[count++] = tenant->name;
    if (kind == REFRESH_UNKNOWN_KID) {
        argv[count++] = argument("--unknown-kid");
    } else if (kind == REFRESH_DETACHED) {
        argv[count++] = argument("--detach");
    }
    argv[count] = NULL;
}

/* A fork that gives no signal when the child ends. */
static pid_t clone_silently(void)
{
    struct clone_args args = {0};
    long pid = syscall(SYS_clone3, &args, sizeof(args));

    if (pid < 0 && (errno == ENOSYS || errno == EPERM)) {
        pid = syscall(SYS_clone, 0, NULL, NULL, NULL, 0);
    }
    return (pid_t)pid;
}

/* Starts the launcher and reaps it; true where it was started. Signals stay blocked from before the
 * clone until the parent is alone again, so that no handler of the host ever runs in the child. */
static bool start(const struct refresh_launcher *launcher)
{
    sigset_t all;
    sigset_t before;
    int status;
    pid_t pid;

    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    pid = clone_silently();
    if (pid == 0) {
        refresh_launcher_run(launcher);
    }
    if (pid > 0) {
        while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid > 0;
}

/* Waits for one report. REFRESH_REPORT_NONE: the other end was closed without one. False at the
 * deadline. */
static bool await_report(int fd, int64_t deadline, struct refresh_report *out)
{
    *out = (struct refresh_report){REFRESH_REPORT_NONE, 0};
    while (wait_readable(fd, deadline)) {
        ssize_t got = read(fd, out, sizeof(*out));

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != (ssize_t)sizeof(*out)) {
            *out = (struct refresh_report){REFRESH_REPORT_NONE, 0};
        }
        return true;
    }
    return false;
}

static enum refresh_result judge_status(const char *program, int status, struct text *why)
{
    if (!WIFEXITED(status)) {
        text_set(why, "%s was ended by signal %d", program, WTERMSIG(status));
        return REFRESH_FAILED;
    }
    switch ((enum refresh_exit)WEXITSTATUS(status)) {
    case REFRESH_EXIT_FRESH:
        return REFRESH_DONE;
    case REFRESH_EXIT_FAILED:
        text_set(why, "%s could not fetch the keys", program);
        return REFRESH_FAILED;
    case REFRESH_EXIT_USAGE:
        text_set(why, "%s refused its configuration: run it by hand", program);
        return REFRESH_FAILED;
    case REFRESH_EXIT_NOT_NOW:
        text_set(why, "%s says that it is too early for another attempt", program);
        return REFRESH_NOT_NOW;
    case REFRESH_EXIT_LOCK:
        text_set(why, "another refresh is still running");
        return REFRESH_NOT_NOW;
    default:
        text_set(why, "%s ended with status %d", program, WEXITSTATUS(status));
        return REFRESH_FAILED;
    }
}

static enum refresh_result judge_report(const char *program, enum refresh_kind kind,
                                        const struct refresh_report *report, struct text *why)
{
    switch (report->kind) {
    case REFRESH_REPORT_STATUS:
        return judge_status(program, report->value, why);
    case REFRESH_REPORT_NONE:
        /* A detached program closed the pipe by being executed. */
        if (kind == REFRESH_DETACHED) {
            return REFRESH_STARTED;
        }
        text_set(why, "%s ended without a trace", program);
        return REFRESH_FAILED;
    default:
        errno = report->value;
        text_set(why, "%s could not be started: %m", program);
        return REFRESH_FAILED;
    }
}

enum refresh_result refresh_run(const struct config *config, const struct tenant *tenant,
                                enum refresh_kind kind, int64_t timeout_ms, struct text *why)
{
    const char *program = config->global.refresh_program;
    int64_t deadline = monotonic_ms() + timeout_ms;
    char *const envp[] = {argument("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), argument("LC_ALL=C"),
                          NULL};
    char *argv[ARGUMENTS_MAX];
    struct refresh_report report;
    struct refresh_launcher launcher;
    bool started;
    bool reported;
    int ends[2];

    if (!cache_folder_is_ours(config, why) || !program_is_safe(program, why)) {
        return REFRESH_FAILED;
    }
    fill_arguments(config, tenant, kind, argv);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        text_set(why, "%s could not be started: %m", program);
        return REFRESH_FAILED;
    }
    launcher = (struct refresh_launcher){argv,
                                         envp,
                                         ends[1],
                                         geteuid(),
                                         getegid(),
                                         (unsigned)refresh_alarm_seconds(tenant),
                                         kind != REFRESH_DETACHED};
    started = start(&launcher);
    close(ends[1]);
    if (!started) {
        text_set(why, "%s could not be started: no process", program);
        close(ends[0]);
        return REFRESH_FAILED;
    }
    reported = await_report(ends[0], deadline, &report);
    close(ends[0]);
    if (!reported) {
        text_set(why, "%s did not end in time", program);
        return kind == REFRESH_DETACHED ? REFRESH_STARTED : REFRESH_TIMED_OUT;
    }
    return judge_report(program, kind, &report, why);
}

int64_t refresh_alarm_seconds(const struct tenant *tenant)
{
    return 2 * tenant->fetch_timeout + 3;
}
