/*
 * A header met again opens the section that there is, so that drop-ins can add to it; what it means
 * for two sections to be the same is decided here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/config_section.h"

#include <stdlib.h>

#include "host/lines.h"

enum { TENANT_NAME_MAX = 32, SERVICE_NAME_MAX = 255 };

/* Room for one more item, zeroed. NULL without memory; the array is then as it was. */
static void *grow(void *array, size_t count, size_t size)
{
    char *grown = realloc(array, (count + 1) * size);

    if (grown != NULL) {
        memset(grown + count * size, 0, size);
    }
    return grown;
}

static bool is_alphanumeric(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

/* It becomes part of file names. */
static bool is_tenant_name(struct bytes name)
{
    size_t i;

    if (name.len == 0 || name.len > TENANT_NAME_MAX || !is_alphanumeric(name.ptr[0])) {
        return false;
    }
    for (i = 1; i < name.len; i++) {
        if (!is_alphanumeric(name.ptr[i]) && name.ptr[i] != '_' && name.ptr[i] != '-') {
            return false;
        }
    }
    return true;
}

/* libpam makes service names lower case, so that others would never be found. */
static bool is_service_name(struct bytes name)
{
    size_t i;

    if (bytes_equal_string(name, "*")) {
        return true;
    }
    for (i = 0; i < name.len; i++) {
        if (!is_alphanumeric(name.ptr[i]) && memchr("_-.+@:", name.ptr[i], 6) == NULL) {
            return false;
        }
    }
    return name.len > 0 && name.len <= SERVICE_NAME_MAX;
}

static enum reason new_tenant(struct config_draft *draft, struct place place, struct bytes name)
{
    struct config *config = draft->config;
    struct draft_section *drafts = grow(draft->tenants, config->tenant_count, sizeof(*drafts));
    struct tenant *tenants;

    if (drafts == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    draft->tenants = drafts;
    tenants = grow(config->tenant, config->tenant_count, sizeof(*tenants));
    if (tenants == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    config->tenant = tenants;
    tenants[config->tenant_count].name = bytes_to_string(name);
    if (tenants[config->tenant_count].name == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    drafts[config->tenant_count].opened = place;
    config->tenant_count++;
    return REASON_ACCEPTED;
}

static enum reason open_tenant(struct config_draft *draft, struct place place, struct bytes names,
                               struct section *out, struct text *why)
{
    const struct config *config = draft->config;

    if (!is_tenant_name(names)) {
        return place_complain(
            why, place,
            "a tenant is named by one word of a-z, 0-9, _ and -, at most 32 of them, "
            "beginning with a letter or digit: write [tenant NAME]");
    }
    for (out->index = 0; out->index < config->tenant_count; out->index++) {
        if (bytes_equal_string(names, config->tenant[out->index].name)) {
            return REASON_ACCEPTED;
        }
    }
    return new_tenant(draft, place, names);
}

static enum reason read_service_names(struct place place, struct bytes text, struct strings *names,
                                      struct text *why)
{
    const char *wrong;
    struct bytes word;

    while (line_word(&text, &word, &wrong)) {
        if (!is_service_name(word)) {
            place_blame(why, place);
            text_add_quoted(why, "a section cannot be for the service ", word);
            text_add(why, ": PAM's service names have a-z, 0-9 and _ - . + @ : only");
            return REASON_CONFIG_ERROR;
        }
        if (strings_contain(names, word)) {
            return place_complain(why, place, "a service is named twice in the header: remove one");
        }
        if (!strings_add(names, word)) {
            return REASON_OUT_OF_MEMORY;
        }
    }
    if (names->count == 0 || wrong != NULL) {
        return place_complain(why, place, "the section names no service: write [service NAME...]");
    }
    if (names->count > 1 && strings_contain(names, bytes_of("*"))) {
        return place_complain(why, place,
                              "* stands beside other services: write [service *] alone");
    }
    return REASON_ACCEPTED;
}

static size_t count_common(const struct strings *a, const struct strings *b)
{
    size_t common = 0;
    size_t i;

    for (i = 0; i < a->count; i++) {
        common += strings_contain(b, bytes_of(a->item[i])) ? 1 : 0;
    }
    return common;
}

/* Takes over *names. */
static enum reason new_service(struct config_draft *draft, struct place place,
                               struct strings *names)
{
    struct config *config = draft->config;
    struct draft_section *drafts = grow(draft->services, config->service_count, sizeof(*drafts));
    struct service *services;

    if (drafts == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    draft->services = drafts;
    services = grow(config->service, config->service_count, sizeof(*services));
    if (services == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    config->service = services;
    services[config->service_count].names = *names;
    *names = (struct strings){NULL, 0};
    drafts[config->service_count].opened = place;
    config->service_count++;
    return REASON_ACCEPTED;
}

static enum reason open_service(struct config_draft *draft, struct place place, struct bytes text,
                                struct section *out, struct text *why)
{
    const struct config *config = draft->config;
    struct strings names = {NULL, 0};
    enum reason r = read_service_names(place, text, &names, why);
    size_t common = 0;

    if (r != REASON_ACCEPTED) {
        goto out;
    }
    for (out->index = 0; out->index < config->service_count; out->index++) {
        const struct strings *others = &config->service[out->index].names;

        common = count_common(&names, others);
        if (common == names.count && common == others->count) {
            goto out;
        }
        if (common > 0) {
            struct place other = draft->services[out->index].opened;

            place_blame(why, place);
            text_add(why,
                     "a service of this section has another one already (%s:%zu): name each "
                     "service in one section, or the same services in both",
                     other.file, other.line);
            r = REASON_CONFIG_ERROR;
            goto out;
        }
    }
    r = new_service(draft, place, &names);
out:
    strings_free(&names);
    return r;
}

enum reason section_open(struct config_draft *draft, struct place place, struct bytes header,
                         struct section *out, struct text *why)
{
    struct bytes rest = header;
    struct bytes kind = {NULL, 0};
    const char *wrong;

    *out = (struct section){OPTION_SECTION_GLOBAL, 0};
    (void)line_word(&rest, &kind, &wrong);
    rest = bytes_trim(rest);
    if (bytes_equal_string(kind, "tenant")) {
        out->section = OPTION_SECTION_TENANT;
        return open_tenant(draft, place, rest, out, why);
    }
    if (bytes_equal_string(kind, "service")) {
        out->section = OPTION_SECTION_SERVICE;
        return open_service(draft, place, rest, out, why);
    }
    if (bytes_equal_string(header, "global")) {
        return REASON_ACCEPTED;
    }
    place_blame(why, place);
    text_add_quoted(why, "there is no section ", header);
    text_add(why, ": write [global], [tenant NAME] or [service NAME...]");
    return REASON_CONFIG_ERROR;
}

struct draft_section *section_draft(struct config_draft *draft, struct section section, void **base)
{
    switch (section.section) {
    case OPTION_SECTION_TENANT:
        *base = &draft->config->tenant[section.index];
        return &draft->tenants[section.index];
    case OPTION_SECTION_SERVICE:
        *base = &draft->config->service[section.index];
        return &draft->services[section.index];
    case OPTION_SECTION_GLOBAL:
    case OPTION_SECTION_COUNT:
    default:
        *base = &draft->config->global;
        return &draft->global;
    }
}
