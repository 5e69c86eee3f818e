/*
 * From files to struct config: every line in order, then the defaults, then the rules between
 * options.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "host/config.h"
#include "host/config_check.h"
#include "host/config_draft.h"
#include "host/config_files.h"
#include "host/config_lines.h"
#include "host/config_section.h"
#include "host/option_value.h"

/* What is being read. */
struct reader {
    struct config_draft draft;
    struct strings ignored; /* ignore_unknown of all files */
    struct section current;
    bool in_section;
    const struct log *log;
    struct text *why;
};

/* The keys to ignore are needed before any key is judged. Whatever is wrong with a line is told
 * when it is read for good. */
static enum reason gather_ignored(const struct config_file *file, struct strings *ignored)
{
    struct lines lines = {bytes_of_blob(&file->text), 0};
    struct config_line line;
    const char *wrong;
    bool global = false;
    enum reason r = REASON_ACCEPTED;

    while (r != REASON_OUT_OF_MEMORY) {
        switch (config_lines_next(&lines, &line, &wrong)) {
        case CONFIG_LINE_SECTION:
            global = bytes_equal_string(line.section, "global");
            break;
        case CONFIG_LINE_OPTION:
            if (global && bytes_equal_string(line.key, "ignore_unknown")) {
                r = value_list(line.value, NULL, ignored, NULL);
            }
            break;
        case CONFIG_LINE_BAD:
        case CONFIG_LINE_END:
        default:
            return REASON_ACCEPTED;
        }
    }
    return r;
}

/* The first section that has the key; OPTION_SECTION_COUNT where none has. */
static int known_elsewhere(struct bytes key)
{
    int section = 0;

    while (section < OPTION_SECTION_COUNT &&
           option_find((enum option_section)section, key) == OPTION_COUNT) {
        section++;
    }
    return section;
}
static enum reason refuse_unknown(const struct reader *reader, struct place place, struct bytes key)
{
    int section = known_elsewhere(key);

    place_blame(reader->why, place);
    text_add(reader->why, "[%s] has no", option_section_name(reader->current.section));
    text_add_quoted(reader->why, " key ", key);
    if (section < OPTION_SECTION_COUNT) {
        text_add(reader->why, ": it belongs in a [%s] section",
                 option_section_name((enum option_section)section));
        return REASON_CONFIG_ERROR;
    }
    text_add(reader->why, ": correct or remove it, or name it in ignore_unknown");
    return REASON_CONFIG_ERROR;
}

static enum reason read_option(struct reader *reader, struct place place,
                               const struct config_line *line)
{
    struct draft_section *section;
    enum option_id id;
    void *base;

    if (!reader->in_section) {
        return place_complain(reader->why, place,
                              "the line stands before the first [section]: put it behind one");
    }
    id = option_find(reader->current.section, line->key);
    if (id == OPTION_COUNT && known_elsewhere(line->key) == OPTION_SECTION_COUNT &&
        strings_contain(&reader->ignored, line->key)) {
        struct text warning = {0};

        text_quote(&warning, line->key);
        log_line(reader->log, LOG_WARNING, "%s:%zu: unknown key %s skipped, as ignore_unknown says",
                 place.file, place.line, warning.at);
        return REASON_ACCEPTED;
    }
    if (id == OPTION_COUNT) {
        return refuse_unknown(reader, place, line->key);
    }
    section = section_draft(&reader->draft, reader->current, &base);
    place_blame(reader->why, place);
    if (section->set[id].line != 0) {
        text_add(reader->why, "%s was set already (%s:%zu): remove one of the two",
                 option_row(id)->name, section->set[id].file, section->set[id].line);
        return REASON_CONFIG_ERROR;
    }
    section->set[id] = place;
    text_add(reader->why, "%s ", option_row(id)->name);
    return option_set(option_row(id), base, line->value, reader->why);
}

static enum reason read_file(struct reader *reader, const struct config_file *file)
{
    struct lines lines = {bytes_of_blob(&file->text), 0};
    enum reason r = REASON_ACCEPTED;
    struct config_line line;
    const char *wrong;

    reader->in_section = false;
    while (r == REASON_ACCEPTED) {
        enum config_line_kind kind = config_lines_next(&lines, &line, &wrong);
        struct place place = {file->path, lines.number};

        switch (kind) {
        case CONFIG_LINE_END:
            return REASON_ACCEPTED;
        case CONFIG_LINE_SECTION:
            r = section_open(&reader->draft, place, line.section, &reader->current, reader->why);
            reader->in_section = true;
            break;
        case CONFIG_LINE_OPTION:
            r = read_option(reader, place, &line);
            break;
        case CONFIG_LINE_BAD:
        default:
            return place_complain(reader->why, place, wrong);
        }
    }
    return r;
}

static enum reason set_defaults(struct config_draft *draft, struct section which, struct text *why)
{
    enum reason r = REASON_ACCEPTED;
    void *base;
    const struct draft_section *section = section_draft(draft, which, &base);
    int id;

    for (id = 0; r == REASON_ACCEPTED && id < OPTION_COUNT; id++) {
        const struct option *option = option_row((enum option_id)id);

        if (option->section == which.section && section->set[id].line == 0 &&
            option->default_text != NULL) {
            text_set(why, "the built-in default of %s ", option->name);
            r = option_set(option, base, bytes_of(option->default_text), why);
        }
    }
    return r;
}

/* Defaults, and what is said of an option beside its value. */
static enum reason complete(struct config_draft *draft, struct text *why)
{
    struct config *config = draft->config;
    struct section which = {OPTION_SECTION_GLOBAL, 0};
    enum reason r = set_defaults(draft, which, why);

    config->global.accounts_file_named = draft->global.set[OPTION_GLOBAL_accounts_file].line != 0;
    config->global.groups_file_named = draft->global.set[OPTION_GLOBAL_groups_file].line != 0;
    config->global.revoked_file_named = draft->global.set[OPTION_GLOBAL_revoked_file].line != 0;
    which.section = OPTION_SECTION_TENANT;
    for (which.index = 0; r == REASON_ACCEPTED && which.index < config->tenant_count;
         which.index++) {
        r = set_defaults(draft, which, why);
    }
    which.section = OPTION_SECTION_SERVICE;
    for (which.index = 0; r == REASON_ACCEPTED && which.index < config->service_count;
         which.index++) {
        struct service *service = &config->service[which.index];

        r = set_defaults(draft, which, why);
        service->require_none = strings_contain(&service->require, bytes_of("none"));
        if (service->require_none) {
            strings_free(&service->require);
        }
    }
    return r;
}

static enum reason read_all(struct reader *reader, const struct config_files *files)
{
    enum reason r = REASON_ACCEPTED;
    size_t i;

    for (i = 0; r == REASON_ACCEPTED && i < files->count; i++) {
        r = gather_ignored(&files->item[i], &reader->ignored);
    }
    for (i = 0; r == REASON_ACCEPTED && i < files->count; i++) {
        r = read_file(reader, &files->item[i]);
    }
    if (r == REASON_ACCEPTED) {
        r = complete(&reader->draft, reader->why);
    }
    return r == REASON_ACCEPTED ? config_check(&reader->draft, reader->why) : r;
}

enum reason config_load(const char *path, const struct log *log, struct config **out,
                        struct text *why)
{
    struct reader reader = {.log = log, .why = why};
    struct config *config = calloc(1, sizeof(*config));
    struct config_files files = {NULL, 0};
    enum reason r = REASON_OUT_OF_MEMORY;

    *out = NULL;
    reader.draft.config = config;
    if (config == NULL) {
        goto out;
    }
    config->path = bytes_to_string(bytes_of(path));
    if (config->path == NULL) {
        goto out;
    }
    r = config_files_read(path, strcmp(path, config_default_path) == 0, &files, why);
    if (r == REASON_ACCEPTED) {
        r = read_all(&reader, &files);
    }
    if (r == REASON_ACCEPTED) {
        text_clear(why);
        *out = config;
        config = NULL;
    }
out:
    if (r == REASON_OUT_OF_MEMORY) {
        text_set(why, "out of memory");
    }
    config_free(&config);
    config_files_free(&files);
    strings_free(&reader.ignored);
    free(reader.draft.tenants);
    free(reader.draft.services);
    return r;
}
