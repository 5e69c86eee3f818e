/*
 * Reading cases: sections and their lines, whatever they mean. What is no case ends the program, so
 * that a slip cannot make one pass.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(99);
}

static void begin_section(const char *path, struct test_case *test, char *line)
{
    char *end = strchr(line, ']');
    struct section *section = &test->section[test->count];

    if (end == NULL || end[1] != '\0') {
        complain(path, "a section's line must end in ]");
        return;
    }
    *end = '\0';
    if (case_has(test, line + 1)) {
        complain(path, "this section is there twice");
    }
    if (test->count == SECTIONS_MAX) {
        complain(path, "too many sections");
    }
    section->name = format("%s", line + 1);
    test->count++;
}

void case_read(const char *path, struct test_case *out)
{
    const char *slash = strrchr(path, '/');
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    *out = (struct test_case){.name = format("%s", slash == NULL ? path : slash + 1)};
    if (file == NULL) {
        complain(path, "cannot be opened");
        return;
    }
    while ((len = getline(&line, &size, file)) >= 0) {
        if (len > 0 && line[len - 1] == '\n') {
            line[--len] = '\0';
        }
        if (line[0] == '#' || len == 0) {
            continue;
        }
        if (line[0] == '[') {
            begin_section(path, out, line);
        } else if (out->count == 0) {
            complain(path, "there is a line before the first section");
        } else {
            lines_add(&out->section[out->count - 1].lines, line);
        }
    }
    free(line);
    fclose(file);
}

void case_free(struct test_case *test)
{
    size_t i;

    for (i = 0; i < test->count; i++) {
        free(test->section[i].name);
        lines_free(&test->section[i].lines);
    }
    free(test->name);
    *test = (struct test_case){0};
}

static const struct section *find(const struct test_case *test, const char *name)
{
    size_t i;

    for (i = 0; i < test->count; i++) {
        if (strcmp(test->section[i].name, name) == 0) {
            return &test->section[i];
        }
    }
    return NULL;
}

const struct lines *case_lines(const struct test_case *test, const char *section)
{
    static const struct lines none = {NULL, 0};
    const struct section *found = find(test, section);

    return found == NULL ? &none : &found->lines;
}

int case_has(const struct test_case *test, const char *section)
{
    return find(test, section) != NULL;
}
