/*
 * Findings are collected before the first is printed: the summary and the exit status depend on the
 * worst, and JSON must be whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/json_out.h"
#include "ctl/output.h"

static const struct {
    const char *name;
    const char *summary;
    enum colour colour;
} levels[] = {
    [FINDING_OK] = {"ok", "clean", COLOUR_GOOD},
    [FINDING_WARNING] = {"warning", "warnings", COLOUR_WARNING},
    [FINDING_ERROR] = {"error", "errors", COLOUR_BAD},
};

void findings_add(struct findings *findings, enum finding_level level, const char *about,
                  const char *format, ...)
{
    struct finding *grown = realloc(findings->item, (findings->count + 1) * sizeof(*grown));
    va_list args;
    char *text = NULL;
    int wrote;

    va_start(args, format);
    wrote = vasprintf(&text, format, args);
    va_end(args);
    if (grown != NULL) {
        findings->item = grown;
    }
    if (grown == NULL || wrote < 0) {
        findings->worst = FINDING_ERROR;
        free(wrote < 0 ? NULL : text);
        return;
    }
    findings->item[findings->count++] = (struct finding){level, about, text};
    findings->worst = level > findings->worst ? level : findings->worst;
}

static void print_json(const struct findings *findings)
{
    struct json_out out = {stdout, false};
    size_t i;

    json_out_open(&out, NULL, '{');
    json_out_string(&out, "result", levels[findings->worst].summary);
    json_out_open(&out, "findings", '[');
    for (i = 0; i < findings->count; i++) {
        json_out_open(&out, NULL, '{');
        json_out_string(&out, "level", levels[findings->item[i].level].name);
        json_out_string(&out, "about", findings->item[i].about);
        json_out_string(&out, "text", findings->item[i].text);
        json_out_close(&out, '}');
    }
    json_out_close(&out, ']');
    json_out_close(&out, '}');
    putchar('\n');
}

void findings_print(const struct findings *findings, bool json)
{
    bool colour = output_colour();
    size_t i;

    if (json) {
        print_json(findings);
        return;
    }
    for (i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->item[i];
        char level[16];

        snprintf(level, sizeof(level), "%-8s", levels[finding->level].name);
        output_coloured(colour, levels[finding->level].colour, level);
        printf(" %-15s ", finding->about);
        output_text(finding->text);
        putchar('\n');
    }
    output_coloured(colour, levels[findings->worst].colour, levels[findings->worst].summary);
    putchar('\n');
}

void findings_free(struct findings *findings)
{
    size_t i;

    for (i = 0; i < findings->count; i++) {
        free(findings->item[i].text);
    }
    free(findings->item);
    *findings = (struct findings){0};
}
