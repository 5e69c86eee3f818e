/*
 * The option table, expanded from options.def, and what each kind of value is made of.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/option.h"

#include <stdlib.h>

#include "base/strings.h"
#include "host/config.h"
#include "host/option_kind.h"
#include "host/option_value.h"
#include "jwt/alg.h"

/* 2^32 - 1 means "no id" to the kernel. */
#define OPTION_ID_MAX INT64_C(4294967294)

/* A kind's type in memory. */
#define TYPE_PATH char *
#define TYPE_FILE char *
#define TYPE_PROXY char *
#define TYPE_PROMPT char *
#define TYPE_CLAIM_NAME char *
#define TYPE_ISSUER char *
#define TYPE_URL char *
#define TYPE_NUMBER int64_t
#define TYPE_DURATION int64_t
#define TYPE_BOOLEAN bool
#define TYPE_ALGORITHMS unsigned
#define TYPE_PROFILE int
#define TYPE_PERMISSION_CLAIM int
#define TYPE_ACCOUNT_TYPE int
#define TYPE_WITHOUT_TOKEN int
#define TYPE_WORDS struct strings
#define TYPE_AUDIENCES struct strings
#define TYPE_PARTIES struct strings
#define TYPE_ORGANIZATIONS struct strings
#define TYPE_REQUIRE struct strings
#define TYPE_CLAIM_VALUES struct strings
#define TYPE_EXEMPT struct strings

#define STRUCT_GLOBAL struct global
#define STRUCT_TENANT struct tenant
#define STRUCT_SERVICE struct service

/* The field that a row names has the type that the row's kind writes. */
#define OPTION(section, name, kind, flags, default_text, least, most)                              \
    _Static_assert(_Generic(((STRUCT_##section *)NULL)->name, TYPE_##kind : 1, default : 0),       \
                   "type of option " #name);
#include "host/options.def"
#undef OPTION

static const struct option rows[OPTION_COUNT] = {
#define OPTION(section, name, kind, flags, default_text, least, most)                              \
    {OPTION_SECTION_##section,        OPTION_KIND_##kind, #name, flags, default_text, least, most, \
     offsetof(STRUCT_##section, name)},
#include "host/options.def"
#undef OPTION
};

const char *option_section_name(enum option_section section)
{
    static const char *const names[OPTION_SECTION_COUNT] = {"global", "tenant", "service"};

    return names[section];
}

const struct option *option_row(enum option_id id)
{
    return &rows[id];
}

enum option_id option_find(enum option_section section, struct bytes name)
{
    int id;

    for (id = 0; id < OPTION_COUNT; id++) {
        if (rows[id].section == section && bytes_equal_string(name, rows[id].name)) {
            break;
        }
    }
    return (enum option_id)id;
}

static enum reason choose(const struct option_choice *choices, struct bytes text, int *out,
                          struct text *what)
{
    const struct option_choice *choice;

    for (choice = choices; choice->name != NULL; choice++) {
        if (bytes_equal_string(text, choice->name)) {
            *out = choice->value;
            return REASON_ACCEPTED;
        }
    }
    text_add(what, "must be ");
    for (choice = choices; choice->name != NULL; choice++) {
        text_add(what, "%s%s", choice == choices ? "" : " or ", choice->name);
    }
    text_add_quoted(what, ", not ", text);
    return REASON_CONFIG_ERROR;
}

static enum reason set_string(const struct option *option, option_text_rule *rule,
                              struct bytes text, char **field, struct text *what)
{
    const char *wrong = rule == NULL ? NULL : rule(text);

    if (wrong != NULL) {
        text_add(what, "%s", wrong);
        return REASON_CONFIG_ERROR;
    }
    if (option->most > 0 && option->kind == OPTION_KIND_PROMPT && text.len > (size_t)option->most) {
        text_add(what, "is longer than %lld bytes: shorten it", (long long)option->most);
        return REASON_CONFIG_ERROR;
    }
    *field = bytes_to_string(text);
    return *field != NULL ? REASON_ACCEPTED : REASON_OUT_OF_MEMORY;
}

static enum reason set_strings(const struct option_kind_row *kind, struct bytes value,
                               struct strings *field, struct text *what)
{
    enum reason r = value_list(value, kind->word, field, what);
    const char *wrong = NULL;

    if (r == REASON_ACCEPTED && kind->list != NULL) {
        wrong = kind->list(field);
    }
    /* In quotes or behind a backslash it is meant literally, and would open what it is to name. */
    if (r == REASON_ACCEPTED && wrong == NULL && kind->keyword != NULL &&
        strings_contain(field, bytes_of(kind->keyword)) &&
        !bytes_equal_string(value, kind->keyword)) {
        wrong = "has its keyword in quotes or behind a \\: write the plain word if that is meant; "
                "nothing else can have this name";
    }
    if (wrong != NULL) {
        text_add(what, "%s", wrong);
        r = REASON_CONFIG_ERROR;
    }
    return r;
}

static enum reason set_algorithms(const struct option_kind_row *kind, struct bytes value,
                                  unsigned *field, struct text *what)
{
    struct strings names = {NULL, 0};
    enum reason r = value_list(value, kind->word, &names, what);
    size_t i;

    for (i = 0; r == REASON_ACCEPTED && i < names.count; i++) {
        *field |= alg_bit(alg_find(bytes_of(names.item[i])));
    }
    strings_free(&names);
    return r;
}

/* All shapes whose value is one text. */
static enum reason set_scalar(const struct option *option, void *field, struct bytes text,
                              struct text *what)
{
    const struct option_kind_row *kind = option_kind_row(option->kind);
    enum reason r = REASON_INTERNAL;
    int chosen = 0;

    switch (kind->shape) {
    case OPTION_SHAPE_STRING:
        return set_string(option, kind->text, text, field, what);
    case OPTION_SHAPE_NUMBER:
        return option->kind == OPTION_KIND_DURATION ? value_duration(option, text, field, what)
                                                    : value_number(option, text, field, what);
    case OPTION_SHAPE_INT:
        return choose(kind->choices, text, field, what);
    case OPTION_SHAPE_BOOL:
        r = choose(kind->choices, text, &chosen, what);
        *(bool *)field = chosen != 0;
        return r;
    case OPTION_SHAPE_STRINGS:
    case OPTION_SHAPE_ALGORITHMS:
    default:
        return REASON_INTERNAL;
    }
}

static void *field_of(const struct option *option, void *base)
{
    return (char *)base + option->offset;
}

enum reason option_set(const struct option *option, void *base, struct bytes value,
                       struct text *what)
{
    const struct option_kind_row *kind = option_kind_row(option->kind);
    void *field = field_of(option, base);
    struct bytes text;
    enum reason r;

    if (kind->shape == OPTION_SHAPE_STRINGS) {
        return set_strings(kind, value, field, what);
    }
    if (kind->shape == OPTION_SHAPE_ALGORITHMS) {
        return set_algorithms(kind, value, field, what);
    }
    r = value_text(value, &text, what);
    return r == REASON_ACCEPTED ? set_scalar(option, field, text, what) : r;
}

const char *option_string(const struct option *option, const void *base)
{
    if (option_kind_row(option->kind)->shape != OPTION_SHAPE_STRING) {
        return NULL;
    }
    return *(char *const *)(const void *)((const char *)base + option->offset);
}

bool option_is_zero(const struct option *option, const void *base)
{
    const char *field = (const char *)base + option->offset;

    switch (option_kind_row(option->kind)->shape) {
    case OPTION_SHAPE_STRING:
        return *(char *const *)(const void *)field == NULL;
    case OPTION_SHAPE_STRINGS:
        return ((const struct strings *)(const void *)field)->count == 0;
    case OPTION_SHAPE_NUMBER:
        return *(const int64_t *)(const void *)field == 0;
    case OPTION_SHAPE_INT:
        return *(const int *)(const void *)field == 0;
    case OPTION_SHAPE_BOOL:
        return !*(const bool *)(const void *)field;
    case OPTION_SHAPE_ALGORITHMS:
    default:
        return *(const unsigned *)(const void *)field == 0;
    }
}

void options_free(enum option_section section, void *base)
{
    int id;

    for (id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &rows[id];
        void *field = field_of(option, base);

        if (option->section != section) {
            continue;
        }
        if (option_kind_row(option->kind)->shape == OPTION_SHAPE_STRING) {
            free(*(char **)field);
            *(char **)field = NULL;
        } else if (option_kind_row(option->kind)->shape == OPTION_SHAPE_STRINGS) {
            strings_free(field);
        }
    }
}
