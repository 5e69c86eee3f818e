/*
 * Dropping privileges, one checked step after the other. The order matters: groups while still
 * root, the parent-death signal after the ids, because their change clears it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "refresh/confine.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PASSWD_BUFFER = 16384, CPU_SECONDS = 10, DESCRIPTORS = 64 };

/* AddressSanitizer reserves terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_LIMIT RLIM_INFINITY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_LIMIT RLIM_INFINITY
#endif
#endif
#ifndef MEMORY_LIMIT
#define MEMORY_LIMIT ((rlim_t)512 << 20)
#endif

bool confine_plan(struct confinement *plan, struct text *why)
{
    static const char *const names[] = {AUTH0JWT_USER, "nobody"};
    char *buffer;
    size_t i;

    *plan = (struct confinement){.drop = geteuid() == 0, .parent = getpid()};
    if (!plan->drop) {
        return true;
    }
    buffer = malloc(PASSWD_BUFFER);
    for (i = 0; buffer != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        struct passwd entry;
        struct passwd *found = NULL;

        if (getpwnam_r(names[i], &entry, buffer, PASSWD_BUFFER, &found) == 0 && found != NULL &&
            found->pw_uid != 0 && found->pw_gid != 0) {
            plan->uid = found->pw_uid;
            plan->gid = found->pw_gid;
            free(buffer);
            return true;
        }
    }
    free(buffer);
    text_set(why, "there is no user " AUTH0JWT_USER " and no user nobody to fetch as: make one");
    return false;
}

static bool fail(struct text *why, const char *step)
{
    text_set(why, "privileges cannot be given up: %s: %m", step);
    return false;
}

static bool drop(const struct confinement *plan, struct text *why)
{
    uid_t uid[3];
    gid_t gid[3];

    if (setgroups(0, NULL) != 0) {
        return fail(why, "setgroups");
    }
    if (setresgid(plan->gid, plan->gid, plan->gid) != 0) {
        return fail(why, "setresgid");
    }
    if (setresuid(plan->uid, plan->uid, plan->uid) != 0) {
        return fail(why, "setresuid");
    }
    errno = EPERM;
    if (getgroups(0, NULL) != 0) {
        return fail(why, "groups are still there");
    }
    if (getresgid(&gid[0], &gid[1], &gid[2]) != 0 || gid[0] != plan->gid || gid[1] != plan->gid ||
        gid[2] != plan->gid) {
        return fail(why, "a group id is still there");
    }
    if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 || uid[0] != plan->uid || uid[1] != plan->uid ||
        uid[2] != plan->uid) {
        return fail(why, "a user id is still there");
    }
    if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0) {
        return fail(why, "the way back is open");
    }
    return true;
}

/* Tighter than what refresh_launcher.c gives the program itself: the child needs less, and trusts
 * nobody. */
static bool limit(struct text *why)
{
    static const struct {
        unsigned resource;
        rlim_t value;
        const char *name;
    } limits[] = {
        {RLIMIT_CORE, 0, "RLIMIT_CORE"},         {RLIMIT_FSIZE, 0, "RLIMIT_FSIZE"},
        {RLIMIT_CPU, CPU_SECONDS, "RLIMIT_CPU"}, {RLIMIT_NOFILE, DESCRIPTORS, "RLIMIT_NOFILE"},
        {RLIMIT_AS, MEMORY_LIMIT, "RLIMIT_AS"},
    };
    size_t i;

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit value = {limits[i].value, limits[i].value};
        struct rlimit now;

        if (getrlimit(limits[i].resource, &now) != 0) {
            return fail(why, limits[i].name);
        }
        if (now.rlim_max < value.rlim_max) {
            value = (struct rlimit){now.rlim_max, now.rlim_max};
        }
        if (setrlimit(limits[i].resource, &value) != 0) {
            return fail(why, limits[i].name);
        }
    }
    return true;
}

bool confine_enter(const struct confinement *plan, struct text *why)
{
    if (plan->drop && !drop(plan, why)) {
        return false;
    }
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        return fail(why, "PR_SET_PDEATHSIG");
    }
    if (getppid() != plan->parent) {
        return fail(why, "the parent is gone");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return fail(why, "PR_SET_NO_NEW_PRIVS");
    }
    if (prctl(PR_SET_DUMPABLE, 0) != 0) {
        return fail(why, "PR_SET_DUMPABLE");
    }
    alarm(plan->alarm);
    return limit(why);
}
