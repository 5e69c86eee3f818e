/*
 * Plays case files against the built module on the real libpam, each with and without `debug`:
 *
 *     run_cases MODULE PROBE CASE...
 *
 * Besides what the case says, every run must leave the process as it was, must not let PAM_IGNORE out of
 * authenticate, and must not write a piece of an answer to the log. At the end all reasons that this version
 * can give must have been given.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reason.h"
#include "case.h"
#include "stage.h"
#include "world.h"

/* Pieces of an answer of this length must not be in the log. */
enum { CANARY = 12 };

/* Reasons that no case can bring about. */
static const enum reason elsewhere[] = {
    REASON_REVOKED,       /* a list that holds a line is still a config_error */
    REASON_ALREADY_USED,  /* one_time is not supported yet */
    REASON_OUT_OF_MEMORY, /* memory.c */
    REASON_INTERNAL,      /* memory.c and the unit tests */
};

struct prompt_line {
    char *said;   /* "off \"Access token: \"" */
    char *answer; /* NULL for a message */
};

struct run {
    const struct test_case *test;
    struct world world;
    struct stage stage;
    struct prompt_line *expected; /* the user's side */
    size_t expected_count;
    size_t next;
    struct lines answers; /* what was typed */
    struct lines faults;
    pam_handle_t *pamh;
    bool debug;
};

/* Which reasons were seen, by the name in the log and, where two share a name, by what the user was told. */
static bool covered[REASON_COUNT];

static void fault(struct run *run, const char *what, const char *seen, const char *wanted)
{
    char *line = format("%s\n#     seen    %s\n#     wanted  %s", what, seen, wanted);

    lines_add(&run->faults, line);
    free(line);
}

/* The expected conversation. */

static void expect(struct run *run, const char *said, const char *answer)
{
    struct prompt_line *line;

    run->expected =
        realloc(run->expected, (run->expected_count + 1) * sizeof(*run->expected));
    if (run->expected == NULL) {
        exit(99);
    }
    line = &run->expected[run->expected_count++];
    line->said = world_fill(&run->world, said);
    line->answer = answer == NULL ? NULL : world_fill(&run->world, answer);
}

/* STYLE "TEXT" -> ANSWER, or repeat FROM TO before it. */
static void expect_line(struct run *run, const char *text)
{
    size_t from = 1;
    size_t to = 1;
    int used = 0;
    char *said;
    char *arrow;

    if (sscanf(text, "repeat %zu %zu %n", &from, &to, &used) != 2) {
        used = 0;
    }
    said = format("%s", text + used);
    arrow = strstr(said, "\" ->");
    if (arrow != NULL) {
        arrow[1] = '\0';
        arrow += arrow[4] == ' ' ? 5 : 4;
    }
    for (; from <= to; from++) {
        run->world.part = from;
        expect(run, said, arrow);
    }
    free(said);
}

/* A line end in what was said, as cases write it. */
static char *one_line(const char *text)
{
    char *out = format("%s", "");
    size_t i;

    for (i = 0; text[i] != '\0'; i++) {
        char *longer = text[i] == '\n' ? format("%s\\n", out) : format("%s%c", out, text[i]);

        free(out);
        out = longer;
    }
    return out;
}

static char *answer(void *context, int style, const char *prompt, int *code)
{
    struct run *run = context;
    char *said = one_line(run->stage.said.at[run->stage.said.count - 1]);
    const struct prompt_line *line;
    char *out = NULL;

    (void)style;
    (void)prompt;
    if (run->next == run->expected_count) {
        fault(run, "conversation", said, "nothing more");
        free(said);
        *code = PAM_CONV_ERR;
        return NULL;
    }
    line = &run->expected[run->next++];
    if (strcmp(said, line->said) != 0) {
        fault(run, "conversation", said, line->said);
    }
    free(said);
    if (line->answer == NULL) {
        return NULL;
    }
    if (strcmp(line->answer, "FAIL") == 0) {
        *code = PAM_CONV_ERR;
    } else if (strcmp(line->answer, "NULL") != 0) {
        lines_add(&run->answers, line->answer);
        out = format("%s", line->answer);
    }
    return out;
}

/* Setting up. */

static const char *value_in(const struct lines *lines, const char *name)
{
    size_t i;

    for (i = 0; i < lines->count; i++) {
        size_t len = strlen(name);

        if (strncmp(lines->at[i], name, len) == 0 && strncmp(lines->at[i] + len, " = ", 3) == 0) {
            return lines->at[i] + len + 3;
        }
        if (strncmp(lines->at[i], name, len) == 0 && strcmp(lines->at[i] + len, " =") == 0) {
            return "";
        }
    }
    return NULL;
}

static void write_files(struct run *run)
{
    size_t i, j;

    for (i = 0; i < run->test->count; i++) {
        const struct section *section = &run->test->section[i];
        char *text;

        if (strncmp(section->name, "file ", 5) != 0) {
            continue;
        }
        text = format("%s", "");
        for (j = 0; j < section->lines.count; j++) {
            char *filled = world_fill(&run->world, section->lines.at[j]);
            /* A section of a configuration would be taken for one of the case. */
            char *longer = format("%s%s\n", text, filled[0] == '|' ? filled + 1 : filled);

            free(filled);
            free(text);
            text = longer;
        }
        if (strcmp(section->name + 5, "auth0jwt.conf") == 0) {
            run->world.own_config = true;
        }
        write_file(run->world.dir, section->name + 5, text);
        free(text);
    }
}

static void set_modes(struct run *run, const struct lines *lines)
{
    size_t i;

    for (i = 0; i < lines->count; i++) {
        char name[256];
        unsigned mode = 0;
        char *path;

        if (sscanf(lines->at[i], "%255s = %o", name, &mode) != 2) {
            fault(run, "a mode is FILE = OCTAL", lines->at[i], "");
            continue;
        }
        path = format("%s/%s", run->world.dir, name);
        if (chmod(path, (mode_t)mode) != 0) {
            fault(run, "chmod failed", path, "");
        }
        free(path);
    }
}

static void set_config(struct run *run, const char *line)
{
    char *name = format("%s", line);
    char *equals = strstr(name, " = ");

    if (name[0] == '-') {
        world_set(&run->world, name + 1, NULL);
    } else if (equals != NULL) {
        *equals = '\0';
        world_set(&run->world, name, equals + 3);
    } else {
        fault(run, "a setting is SECTION.NAME = VALUE or -SECTION.NAME", line, "");
    }
    free(name);
}

static void write_service(struct run *run, const char *service)
{
    const struct lines *options = case_lines(run->test, "options");
    char *folder = format("%s/pam", run->world.dir);
    char *arguments = format("%s", run->debug ? "debug" : "");
    bool own_config = false;
    char *all;
    size_t i;

    for (i = 0; i < options->count; i++) {
        char *filled = world_fill(&run->world, options->at[i]);
        char *longer = format("%s %s", arguments, filled);

        own_config = own_config || strncmp(filled, "config=", 7) == 0;
        free(filled);
        free(arguments);
        arguments = longer;
    }
    all = own_config ? format("%s", arguments)
                     : format("config=%s/auth0jwt.conf %s", run->world.dir, arguments);
    stage_service(folder, service, run->world.module, run->world.probe, all);
    free(all);
    free(arguments);
    free(folder);
}

static void set_up(struct run *run)
{
    const struct lines *items = case_lines(run->test, "items");
    const struct lines *config = case_lines(run->test, "config");
    const struct lines *prompts = case_lines(run->test, "prompts");
    const char *service = value_in(items, "service");
    const char *user = value_in(items, "user");
    const char *first_pass = value_in(items, "first_pass");
    char *folder = format("%s/pam", run->world.dir);
    size_t i;

    for (i = 0; i < run->test->count; i++) {
        const struct section *section = &run->test->section[i];

        if (strncmp(section->name, "token ", 6) == 0) {
            world_token(&run->world, section->name + 6, section->lines.at, section->lines.count);
        }
    }
    for (i = 0; i < config->count; i++) {
        set_config(run, config->at[i]);
    }
    world_write_config(&run->world);
    write_files(run);
    set_modes(run, case_lines(run->test, "mode"));
    for (i = 0; i < prompts->count; i++) {
        expect_line(run, prompts->at[i]);
    }
    run->stage.answer = answer;
    run->stage.context = run;
    if (first_pass != NULL) {
        run->stage.first_pass = world_fill(&run->world, first_pass);
        lines_add(&run->answers, run->stage.first_pass);
    }
    service = service == NULL ? "test" : service;
    write_service(run, service);
    run->pamh = stage_start(folder, service, user == NULL ? "alice" : user, value_in(items, "rhost"));
    if (value_in(items, "tty") != NULL) {
        (void)pam_set_item(run->pamh, PAM_TTY, value_in(items, "tty"));
    }
    if (value_in(items, "ruser") != NULL) {
        (void)pam_set_item(run->pamh, PAM_RUSER, value_in(items, "ruser"));
    }
    free(folder);
}

/* The calls. */

static int call(struct run *run, const char *name, int flags)
{
    int code;

    if (strcmp(name, "authenticate") == 0) {
        run->stage.after = false;
        code = pam_authenticate(run->pamh, flags);
        if (!run->stage.after) {
            fault(run, "authenticate", "PAM_IGNORE, or not called", "an answer");
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
    fault(run, "not a call", name, "");
    return -1;
}

/* CALL = CODE, CALL silent = CODE, or between calls: config SETTING, user NAME. */
static void run_line(struct run *run, const char *line)
{
    char *name = format("%s", line);
    char *equals = strstr(name, " = ");
    char *silent = strstr(name, " silent");
    int code;

    if (strncmp(name, "config ", 7) == 0) {
        set_config(run, name + 7);
        world_write_config(&run->world);
    } else if (strncmp(name, "user ", 5) == 0) {
        (void)pam_set_item(run->pamh, PAM_USER, name + 5);
    } else if (equals == NULL) {
        fault(run, "a line of [run] is CALL = CODE", line, "");
    } else {
        *equals = '\0';
        if (silent != NULL) {
            *silent = '\0';
        }
        code = call(run, name, silent == NULL ? 0 : (int)PAM_SILENT);
        if (code != code_of(equals + 3)) {
            char *seen = format("PAM_%s", code_name(code));

            fault(run, line, seen, equals + 3);
            free(seen);
        }
    }
    free(name);
}

/* What is left to compare. */

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
static void mask_seconds(char *line)
{
    char *at = line;

    while ((at = strstr(at, " seconds")) != NULL) {
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
        mask_seconds(seen);
        line = at < wanted->count ? world_fill(&run->world, wanted->at[at]) : format("nothing more");
        if (strcmp(seen, line) != 0) {
            fault(run, "log", seen, line);
        }
        at++;
        free(line);
        free(seen);
    }
    for (; at < wanted->count; at++) {
        fault(run, "log", "nothing more", wanted->at[at]);
    }
}

/* Each of the lines must be there with debug, and no debug line without. */
static void compare_debug(struct run *run)
{
    const struct lines *wanted = case_lines(run->test, "debug");
    size_t i, j;

    for (i = 0; i < run->stage.log.count && !run->debug; i++) {
        if (is_debug(run->stage.log.at[i])) {
            fault(run, "log", run->stage.log.at[i], "no such line without debug");
        }
    }
    for (i = 0; i < wanted->count && run->debug; i++) {
        char *line = world_fill(&run->world, wanted->at[i]);
        bool found = false;

        for (j = 0; j < run->stage.log.count; j++) {
            found = found || (is_debug(run->stage.log.at[j]) &&
                              strcmp(run->stage.log.at[j] + 6, line) == 0);
        }
        if (!found) {
            fault(run, "debug log", "not there", line);
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
        fault(run, "PAM_AUTHTOK", seen, wanted);
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
                        fault(run, "a piece of an answer was written", places[p]->at[k], "none");
                        return;
                    }
                }
            }
        }
    }
}

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

static void compare(struct run *run)
{
    size_t i;

    if (run->next < run->expected_count) {
        fault(run, "conversation", "nothing more", run->expected[run->next].said);
    }
    compare_log(run);
    compare_debug(run);
    compare_authtok(run);
    look_for_canary(run);
    for (i = 0; i < run->stage.log.count; i++) {
        note_reason(run, run->stage.log.at[i]);
    }
}

static void tear_down(struct run *run)
{
    size_t i;

    for (i = 0; i < run->expected_count; i++) {
        free(run->expected[i].said);
        free(run->expected[i].answer);
    }
    free(run->expected);
    free((void *)(uintptr_t)run->stage.first_pass);
    lines_free(&run->answers);
    lines_free(&run->faults);
    world_remove(&run->world);
}

static bool known_section(const char *name)
{
    static const char *const names[] = {"config", "items", "options", "mode",  "run",
                                        "prompts", "log",  "debug",   "authtok"};
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
            fault(&run, "section", test->section[i].name, "one that README.md names");
        }
    }
    set_up(&run);
    if (calls->count == 0) {
        fault(&run, "calls", "none", "a section [run]");
    }
    for (i = 0; i < calls->count; i++) {
        run_line(&run, calls->at[i]);
    }
    pam_end(run.pamh, PAM_SUCCESS);
    compare(&run);
    after = stage_condition();
    if (strcmp(before, after) != 0) {
        fault(&run, "the process afterwards", after, before);
    }
    good = run.faults.count == 0;
    printf("%s %s%s\n", good ? "ok" : "not ok", test->name, debug ? " (debug)" : "");
    for (i = 0; i < run.faults.count; i++) {
        printf("#   %s\n", run.faults.at[i]);
    }
    stage_leave(&run.stage);
    tear_down(&run);
    free(before);
    free(after);
    return good;
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

static bool check_coverage(void)
{
    bool good = true;
    int reason;

    for (reason = 0; reason < REASON_COUNT; reason++) {
        const char *name = reason_name((enum reason)reason);

        if (covered[reason] == is_elsewhere((enum reason)reason)) {
            printf("#   %s (row %d of reason.def): %s\n", name, reason,
                   covered[reason] ? "a case brings it about, but run_cases.c says none can"
                                   : "no case brings it about");
            good = false;
        }
    }
    printf("%s every reason has a case\n", good ? "ok" : "not ok");
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
        failed += !check_coverage();
    }
    keyring_free(&keys);
    printf("# %d cases, %d failed\n", argc - 3, failed);
    return failed == 0 ? 0 : 1;
}
