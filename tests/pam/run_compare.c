/*
 * What was seen, against what the case says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* Pieces of an answer of this length must not be in the log. */
enum { CANARY = 12 };

void run_fault(struct run *run, const char *what, const char *seen, const char *wanted)
{
    char *line = format("%s\n#     seen    %s\n#     wanted  %s", what, seen, wanted);

    lines_add(&run->faults, line);
    free(line);
}

/* The value of a field becomes a star. */
static void mask(char *line, const char *field)
{
    char *at = strstr(line, field);
    size_t len;

    if (at != NULL) {
        at += strlen(field);
        len = strcspn(at, " ");
        if (len > 0) {
            *at = '*';
            memmove(at + 1, at + len, strlen(at + len) + 1);
        }
    }
}

/* "750 seconds" becomes "* seconds": one may pass between the case's clock and the module's. */
static void mask_seconds(char *line, const char *unit)
{
    char *at = line;

    while ((at = strstr(at, unit)) != NULL) {
        char *first = at;

        while (first > line && isdigit((unsigned char)first[-1])) {
            first--;
        }
        if (first < at) {
            *first = '*';
            memmove(first + 1, at, strlen(at) + 1);
        }
        at = first + 1;
    }
}

static bool is_debug(const char *line)
{
    return strncmp(line, "DEBUG ", 6) == 0;
}

/* libpam's own lines are another project's. */
static bool is_foreign(const char *line)
{
    return strncmp(line, "libpam: ", 8) == 0;
}

static void compare_log(struct run *run)
{
    const struct lines *wanted = case_lines(run->test, "log");
    size_t at = 0;
    size_t i;

    for (i = 0; i < run->stage.log.count; i++) {
        char *seen = format("%s", run->stage.log.at[i]);
        char *line;

        if (is_debug(seen) || is_foreign(seen)) {
            free(seen);
            continue;
        }
        mask(seen, " took=");
        mask(seen, " age=");
        mask(seen, " id=");
        mask_seconds(seen, " seconds");
        mask_seconds(seen, " s old");
        line =
            at < wanted->count ? world_fill(&run->world, wanted->at[at]) : format("nothing more");
        if (strcmp(seen, line) != 0) {
            run_fault(run, "log", seen, line);
        }
        at++;
        free(line);
        free(seen);
    }
    for (; at < wanted->count; at++) {
        run_fault(run, "log", "nothing more", wanted->at[at]);
    }
}

/* Each of the lines must be there with debug, and no debug line without. */
static void compare_debug(struct run *run)
{
    const struct lines *wanted = case_lines(run->test, "debug");
    size_t i, j;

    for (i = 0; i < run->stage.log.count && !run->debug; i++) {
        if (is_debug(run->stage.log.at[i])) {
            run_fault(run, "log", run->stage.log.at[i], "no such line without debug");
        }
    }
    for (i = 0; i < wanted->count && run->debug; i++) {
        char *line = world_fill(&run->world, wanted->at[i]);
        bool found = false;

        for (j = 0; j < run->stage.log.count; j++) {
            found = found ||
                    (is_debug(run->stage.log.at[j]) && strcmp(run->stage.log.at[j] + 6, line) == 0);
        }
        if (!found) {
            run_fault(run, "debug log", "not there", line);
        }
        free(line);
    }
}

static void compare_authtok(struct run *run)
{
    const struct lines *lines = case_lines(run->test, "authtok");
    const char *text = lines->count == 0 ? "unset" : lines->at[0];
    char *wanted = world_fill(&run->world, text);
    const char *seen = run->stage.authtok == NULL ? "unset" : run->stage.authtok;

    if (strcmp(seen, wanted) != 0) {
        run_fault(run, "PAM_AUTHTOK", seen, wanted);
    }
    free(wanted);
}

/* No piece of an answer in the log, nor in what the user was told. */
static void look_for_canary(struct run *run)
{
    const struct lines *const places[] = {&run->stage.log, &run->stage.said};
    size_t i, j, k, p;

    for (i = 0; i < run->answers.count; i++) {
        const char *typed = run->answers.at[i];
        size_t len = strlen(typed);

        for (j = 0; j + CANARY <= len; j++) {
            char piece[CANARY + 1];

            memcpy(piece, typed + j, CANARY);
            piece[CANARY] = '\0';
            for (p = 0; p < 2; p++) {
                for (k = 0; k < places[p]->count; k++) {
                    if (strstr(places[p]->at[k], piece) != NULL) {
                        run_fault(run, "a piece of an answer was written", places[p]->at[k],
                                  "none");
                        return;
                    }
                }
            }
        }
    }
}

void run_compare(struct run *run)
{
    if (run->next < run->expected_count) {
        run_fault(run, "conversation", "nothing more", run->expected[run->next].said);
    }
    compare_log(run);
    compare_debug(run);
    compare_authtok(run);
    look_for_canary(run);
}
