/*
 * What the passwd and group databases say of an account. They may be anything behind NSS (files,
 * LDAP, sssd), which may fold cases and fail; only the bytes that were asked for count, and a
 * failure is a refusal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "host/account_name.h"
#include "host/accounts.h"

enum {
    ENTRY_LEAST = 1024,
    ENTRY_MOST = 32 * 1024 * 1024, /* of a group with a million members */
    GROUPS_LEAST = 64,
    GROUPS_MOST = 65536 /* NGROUPS_MAX of the kernel */
};

/* What the lookups return where there is no such entry, beside 0, as their manual pages say. */
static bool means_absent(int error)
{
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/* One attempt with a buffer of this size. */
typedef int lookup(const char *name, void *entry, char *buffer, size_t size, bool *found);

static int lookup_user(const char *name, void *entry, char *buffer, size_t size, bool *found)
{
    struct passwd *result = NULL;
    int error = getpwnam_r(name, entry, buffer, size, &result);

    *found = result != NULL;
    return error;
}

static int lookup_group(const char *name, void *entry, char *buffer, size_t size, bool *found)
{
    struct group *result = NULL;
    int error = getgrnam_r(name, entry, buffer, size, &result);

    *found = result != NULL;
    return error;
}

/* Fills *entry, whose strings live in *buffer, which the caller frees. REASON_ACCOUNT_REFUSED where
 * there is no such entry, REASON_OUT_OF_MEMORY, REASON_INTERNAL with the cause in errno. */
static enum reason find_entry(lookup *look, const char *name, void *entry, char **buffer)
{
    size_t size = ENTRY_LEAST;

    *buffer = NULL;
    for (;;) {
        bool found = false;
        char *room = realloc(*buffer, size);
        int error;

        if (room == NULL) {
            return REASON_OUT_OF_MEMORY;
        }
        *buffer = room;
        error = look(name, entry, room, size, &found);
        if (found) {
            return REASON_ACCEPTED;
        }
        if (error == ERANGE && size < ENTRY_MOST) {
            size *= 2;
        } else if (error == ENOMEM) {
            return REASON_OUT_OF_MEMORY;
        } else if (error != EINTR) {
            errno = error;
            return means_absent(error) ? REASON_ACCOUNT_REFUSED : REASON_INTERNAL;
        }
    }
}

static enum reason refuse(struct text *why, const char *what)
{
    text_set(why, "%s", what);
    return REASON_ACCOUNT_REFUSED;
}

static enum reason judge_uid(const struct global *global, uid_t uid, enum account_match match,
                             struct text *why)
{
    if (uid == (uid_t)-1) {
        return refuse(why, "the account has no proper uid");
    }
    if (match == ACCOUNT_MATCH_LITERAL) {
        return REASON_ACCEPTED;
    }
    if (uid == 0 || (int64_t)uid < global->min_uid || (int64_t)uid > global->max_uid) {
        return refuse(why,
                      "uid 0 or outside min_uid to max_uid, which only a literal line reaches");
    }
    return REASON_ACCEPTED;
}

enum reason account_check(const struct config *config, const char *user, enum account_match match,
                          struct text *why)
{
    struct passwd entry = {0};
    char *buffer = NULL;
    enum reason r;

    if (match != ACCOUNT_MATCH_LITERAL && match != ACCOUNT_MATCH_PATTERN &&
        match != ACCOUNT_MATCH_MADE) {
        return refuse(why, "the account was not mapped");
    }
    if (match == ACCOUNT_MATCH_MADE && !account_name_is_plain(bytes_of(user))) {
        return refuse(why, "the name was made by * or account_claim and is not of the form "
                           "[a-z_][a-z0-9_.-]{0,31}");
    }
    if (!account_name_is_safe(bytes_of(user))) {
        return refuse(
            why, "the name is empty, begins with -, is a number, or has white space, a control "
                 "character, / or : in it: name another account");
    }
    r = find_entry(lookup_user, user, &entry, &buffer);
    if (r == REASON_ACCEPTED && strcmp(entry.pw_name, user) != 0) {
        r = refuse(why, "the passwd database spells the name in another way");
    } else if (r == REASON_ACCEPTED) {
        r = judge_uid(&config->global, entry.pw_uid, match, why);
    } else if (r == REASON_ACCOUNT_REFUSED) {
        r = refuse(why, "the passwd database has no such account");
    } else if (r == REASON_INTERNAL) {
        text_set(why, "the passwd database cannot be asked (%m): see to the services that "
                      "nsswitch.conf names for passwd");
    } else if (r == REASON_OUT_OF_MEMORY) {
        text_set(why, "out of memory");
    }
    free(buffer);
    return r;
}

bool account_exists(const struct config *config, const char *user)
{
    return user != NULL &&
           account_check(config, user, ACCOUNT_MATCH_LITERAL, NULL) == REASON_ACCEPTED;
}

/* All groups of the user, the primary one included; the caller frees. False where that cannot be
 * told. */
static bool find_groups(const char *user, gid_t **groups, int *count)
{
    struct passwd entry = {0};
    char *buffer = NULL;
    gid_t *list = NULL;
    int room = GROUPS_LEAST;
    int found = -1;

    *groups = NULL;
    *count = 0;
    if (find_entry(lookup_user, user, &entry, &buffer) != REASON_ACCEPTED ||
        strcmp(entry.pw_name, user) != 0) {
        goto out;
    }
    while (found < 0 && room <= GROUPS_MOST) {
        gid_t *grown = realloc(list, (size_t)room * sizeof(*list));

        if (grown == NULL) {
            goto out;
        }
        list = grown;
        *count = room;
        found = getgrouplist(user, entry.pw_gid, list, count);
        room *= 2;
    }
    if (found >= 0) {
        *groups = list;
        list = NULL;
    }
out:
    free(list);
    free(buffer);
    return *groups != NULL;
}

static bool is_among(gid_t gid, const gid_t *groups, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (groups[i] == gid) {
            return true;
        }
    }
    return false;
}

static bool is_member(const char *group, const gid_t *groups, int count)
{
    struct group entry = {0};
    char *buffer = NULL;
    bool member = find_entry(lookup_group, group, &entry, &buffer) == REASON_ACCEPTED &&
                  strcmp(entry.gr_name, group) == 0 && is_among(entry.gr_gid, groups, count);

    free(buffer);
    return member;
}

bool account_exempt(const struct strings *exempt, const char *user)
{
    gid_t *groups = NULL;
    bool asked = false;
    bool found = strings_contain(exempt, bytes_of(user)) && user[0] != '%';
    int count = 0;
    size_t i;

    for (i = 0; !found && i < exempt->count; i++) {
        if (exempt->item[i][0] != '%') {
            continue;
        }
        if (!asked) {
            asked = true;
            if (!find_groups(user, &groups, &count)) {
                break;
            }
        }
        found = is_member(exempt->item[i] + 1, groups, count);
    }
    free(groups);
    return found;
}
