/*
 * Plays case files against the built module on the real libpam, each with and without `debug`:
 *
 *     run_cases MODULE PROBE CASE...
 *
 * Besides what the case says, every run must leave the process as it was, must not let PAM_IGNORE
 * out of authenticate, and must not write a piece of an answer to the log. At the end all reasons
 * that this version can give must have been given.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* The calls. */

static int call(struct run *run, const char *name, int flags)
{
    int code;

    if (strcmp(name, "authenticate") == 0) {
        run->stage.after = false;
        code = pam_authenticate(run->pamh, flags);
        if (!run->stage.after) {
            run_fault(run, "authenticate", "PAM_IGNORE, or not called", "an answer");
        }
        return code;
    }
    if (strcmp(name, "acct_mgmt") == 0) {
        run->stage.account_went_on = false;
        code = pam_acct_mgmt(run->pamh, flags);
        return run->stage.account_went_on ? PAM_IGNORE : code;
    }
    if (strcmp(name, "setcred") == 0) {
        return pam_setcred(run->pamh, flags | (int)PAM_ESTABLISH_CRED);
    }
    if (strcmp(name, "open_session") == 0) {
        return pam_open_session(run->pamh, flags);
    }
    if (strcmp(name, "close_session") == 0) {
        return pam_close_session(run->pamh, flags);
    }
    if (strcmp(name, "chauthtok") == 0) {
        return pam_chauthtok(run->pamh, flags);
    }
    run_fault(run, "not a call", name, "");
    return -1;
}

/* CALL = CODE, CALL silent = CODE, or between calls: config SETTING, user NAME, wait SECONDS. */
static void run_line(struct run *run, const char *line)
{
    char *name = format("%s", line);
    char *equals = strstr(name, " = ");
    char *silent = strstr(name, " silent");
    int code;

    if (strncmp(name, "config ", 7) == 0) {
        run_set_config(run, name + 7);
        world_write_config(&run->world);
    } else if (strncmp(name, "wait ", 5) == 0) {
        run->stage.seconds += strtol(name + 5, NULL, 10);
    } else if (strncmp(name, "user ", 5) == 0) {
        (void)pam_set_item(run->pamh, PAM_USER, name + 5);
    } else if (equals == NULL) {
        run_fault(run, "a line of [run] is CALL = CODE", line, "");
    } else {
        *equals = '\0';
        if (silent != NULL) {
            *silent = '\0';
        }
        code = call(run, name, silent == NULL ? 0 : (int)PAM_SILENT);
        if (code != code_of(equals + 3)) {
            char *seen = format("PAM_%s", code_name(code));

            run_fault(run, line, seen, equals + 3);
            free(seen);
        }
    }
    free(name);
}

static bool known_section(const char *name)
{
    static const char *const names[] = {"config", "cache",   "items", "options", "mode",
                                        "run",    "prompts", "log",   "debug",   "authtok"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return strncmp(name, "token ", 6) == 0 || strncmp(name, "file ", 5) == 0;
}

static bool play(const struct test_case *test, const struct keyring *keys, const char *module,
                 const char *probe, bool debug)
{
    struct run run = {.test = test, .debug = debug};
    const struct lines *calls = case_lines(test, "run");
    char *before = stage_condition();
    char *after;
    bool good;
    size_t i;

    world_make(&run.world, keys, module, probe);
    stage_enter(&run.stage);
    for (i = 0; i < test->count; i++) {
        if (!known_section(test->section[i].name)) {
            run_fault(&run, "section", test->section[i].name, "one that README.md names");
        }
    }
    run_set_up(&run);
    if (calls->count == 0) {
        run_fault(&run, "calls", "none", "a section [run]");
    }
    for (i = 0; i < calls->count; i++) {
        run_line(&run, calls->at[i]);
    }
    pam_end(run.pamh, PAM_SUCCESS);
    run_compare(&run);
    coverage_note(&run);
    after = stage_condition();
    if (strcmp(before, after) != 0) {
        run_fault(&run, "the process afterwards", after, before);
    }
    good = run.faults.count == 0;
    printf("%s %s%s\n", good ? "ok" : "not ok", test->name, debug ? " (debug)" : "");
    for (i = 0; i < run.faults.count; i++) {
        printf("#   %s\n", run.faults.at[i]);
    }
    stage_leave(&run.stage);
    run_tear_down(&run);
    free(before);
    free(after);
    return good;
}

int main(int argc, char **argv)
{
    struct keyring keys;
    bool one = argc > 1 && strcmp(argv[1], "-1") == 0; /* a single case: no coverage */
    int failed = 0;
    int i;

    argc -= one;
    argv += one;
    if (argc < 4) {
        fprintf(stderr, "usage: run_cases [-1] MODULE PROBE CASE...\n");
        return 2;
    }
    keyring_make(&keys);
    for (i = 3; i < argc; i++) {
        struct test_case test;

        case_read(argv[i], &test);
        failed += !play(&test, &keys, argv[1], argv[2], false);
        failed += !play(&test, &keys, argv[1], argv[2], true);
        case_free(&test);
    }
    if (!one) {
        failed += !coverage_check();
    }
    keyring_free(&keys);
    printf("# %d cases, %d failed\n", argc - 3, failed);
    return failed == 0 ? 0 : 1;
}
