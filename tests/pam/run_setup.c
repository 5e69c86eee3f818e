/*
 * From the text of a case to its world, its expected conversation and the PAM handle.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "run.h"

/* The expected conversation. */

static void expect(struct run *run, const char *said, const char *answer)
{
    struct prompt_line *line;

    run->expected = realloc(run->expected, (run->expected_count + 1) * sizeof(*run->expected));
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
        run_fault(run, "conversation", said, "nothing more");
        free(said);
        *code = PAM_CONV_ERR;
        return NULL;
    }
    line = &run->expected[run->next++];
    run->stage.seconds += run->typing;
    if (strcmp(said, line->said) != 0) {
        run_fault(run, "conversation", said, line->said);
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
        write_file(run->world.files.path, section->name + 5, text);
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
            run_fault(run, "a mode is FILE = OCTAL", lines->at[i], "");
            continue;
        }
        path = format("%s/%s", run->world.files.path, name);
        if (chmod(path, (mode_t)mode) != 0) {
            run_fault(run, "chmod failed", path, "");
        }
        free(path);
    }
}

void run_set_config(struct run *run, const char *line)
{
    char *name = format("%s", line);
    char *equals = strstr(name, " = ");

    if (name[0] == '-') {
        world_set(&run->world, name + 1, NULL);
    } else if (equals != NULL) {
        *equals = '\0';
        world_set(&run->world, name, equals + 3);
    } else {
        run_fault(run, "a setting is SECTION.NAME = VALUE or -SECTION.NAME", line, "");
    }
    free(name);
}

static void write_service(struct run *run, const char *service)
{
    const struct lines *options = case_lines(run->test, "options");
    char *folder = format("%s/pam", run->world.files.path);
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
                     : format("config=%s/auth0jwt.conf %s", run->world.files.path, arguments);
    stage_service(folder, service, run->world.module, run->world.probe, all);
    free(all);
    free(arguments);
    free(folder);
}

void run_set_up(struct run *run)
{
    const struct lines *items = case_lines(run->test, "items");
    const struct lines *config = case_lines(run->test, "config");
    const struct lines *prompts = case_lines(run->test, "prompts");
    const char *service = value_in(items, "service");
    const char *user = value_in(items, "user");
    const char *first_pass = value_in(items, "first_pass");
    char *folder = format("%s/pam", run->world.files.path);
    size_t i;

    if (value_in(items, "typing") != NULL) {
        run->typing = strtol(value_in(items, "typing"), NULL, 10);
    }
    for (i = 0; i < run->test->count; i++) {
        const struct section *section = &run->test->section[i];

        if (strncmp(section->name, "token ", 6) == 0) {
            world_token(&run->world, section->name + 6, section->lines.at, section->lines.count);
        }
    }
    for (i = 0; i < config->count; i++) {
        run_set_config(run, config->at[i]);
    }
    world_write_config(&run->world);
    if (value_in(case_lines(run->test, "cache"), "checked") != NULL) {
        char *checked =
            world_fill(&run->world, value_in(case_lines(run->test, "cache"), "checked"));

        world_write_cache(&run->world, strtoll(checked, NULL, 10));
        free(checked);
    }
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
    run->pamh =
        stage_start(folder, service, user == NULL ? "alice" : user, value_in(items, "rhost"));
    if (value_in(items, "tty") != NULL) {
        (void)pam_set_item(run->pamh, PAM_TTY, value_in(items, "tty"));
    }
    if (value_in(items, "ruser") != NULL) {
        (void)pam_set_item(run->pamh, PAM_RUSER, value_in(items, "ruser"));
    }
    free(folder);
}

void run_tear_down(struct run *run)
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
