/*
 * What happens between the host process and auth0jwt-refresh, after the clone: code that may call
 * nothing but system calls, because another thread may have held any lock at that moment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_REFRESH_LAUNCHER_H
#define AUTH0JWT_HOST_REFRESH_LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Prepared before the clone. */
struct refresh_launcher {
    char *const *argv; /* argv[0] is the absolute path of the program */
    char *const *envp;
    int report; /* where reports are written */
    uid_t uid;  /* becomes real, effective and saved */
    gid_t gid;
    /* Seconds until SIGALRM ends the program, which sets the clock anew for each tenant. */
    unsigned alarm;
    bool wait; /* stay and report its status */
};

/* One report, written whole. */
struct refresh_report {
    int32_t kind; /* enum refresh_report_kind */
    int32_t value;
};

enum refresh_report_kind {
    REFRESH_REPORT_NONE = 0,
    REFRESH_REPORT_SETUP, /* value: errno of the step before the program */
    REFRESH_REPORT_EXEC,  /* value: errno of execve */
    REFRESH_REPORT_STATUS /* value: wait status of the program */
};

/* The rest of the direct child's life: it leaves a grandchild behind, which nobody but init waits
 * for, and ends at once. All signals are blocked when it is called. */
void refresh_launcher_run(const struct refresh_launcher *launcher) __attribute__((noreturn));

#endif
