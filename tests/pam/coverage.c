/*
 * Does each reason that this version can give have a case?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/reason.h"
#include "run.h"

/* Reasons that no case can bring about. */
static const enum reason elsewhere[] = {
    REASON_REVOKED,       /* a list that holds a line is still a config_error */
    REASON_ALREADY_USED,  /* one_time is not supported yet */
    REASON_OUT_OF_MEMORY, /* memory.c */
    REASON_INTERNAL,      /* memory.c and the unit tests */
};

/* Which reasons were seen, by the name in the log and, where two share a name, by what the user was
 * told. */
static bool covered[REASON_COUNT];

static bool shares_name(enum reason reason)
{
    int other;

    for (other = 0; other < REASON_COUNT; other++) {
        if (other != (int)reason &&
            strcmp(reason_name((enum reason)other), reason_name(reason)) == 0) {
            return true;
        }
    }
    return false;
}

static bool was_told(const struct run *run, const char *text)
{
    size_t i;

    for (i = 0; i < run->stage.said.count; i++) {
        if (text[0] != '\0' && strstr(run->stage.said.at[i], text) != NULL) {
            return true;
        }
    }
    return false;
}

static void note_reason(const struct run *run, const char *line)
{
    char *at = strstr(line, " reason=");
    char name[64];
    int reason;

    if (strncmp(strchr(line, ' '), " accept ", 8) == 0) {
        covered[REASON_ACCEPTED] = true;
    }
    if (at == NULL || sscanf(at, " reason=%63[a-z_]", name) != 1) {
        return;
    }
    for (reason = 0; reason < REASON_COUNT; reason++) {
        const char *text = reason_text((enum reason)reason);
        bool same = strcmp(reason_name((enum reason)reason), name) == 0;

        if (same && (!shares_name((enum reason)reason) || was_told(run, text) ||
                     (text[0] == '\0' && !was_told(run, reason_text(REASON_ID_TOKEN))))) {
            covered[reason] = true;
        }
    }
}

void coverage_note(const struct run *run)
{
    size_t i;

    for (i = 0; i < run->stage.log.count; i++) {
        note_reason(run, run->stage.log.at[i]);
    }
}

static bool is_elsewhere(enum reason reason)
{
    size_t i;

    for (i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        if (elsewhere[i] == reason) {
            return true;
        }
    }
    return false;
}

bool coverage_check(void)
{
    bool good = true;
    int reason;

    for (reason = 0; reason < REASON_COUNT; reason++) {
        const char *name = reason_name((enum reason)reason);

        if (covered[reason] == is_elsewhere((enum reason)reason)) {
            printf("#   %s (row %d of reason.def): %s\n", name, reason,
                   covered[reason] ? "a case brings it about, but coverage.c says that none can"
                                   : "no case brings it about");
            good = false;
        }
    }
    printf("%s every reason has a case\n", good ? "ok" : "not ok");
    return good;
}
