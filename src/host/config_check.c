/*
 * The rules between options, each a small function. The first that is broken is told. Options that
 * this version only reads come last, so that a combination which will never be allowed is told
 * first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/config_check.h"

#include "base/safe_file.h"
#include "host/config_check_service.h"
#include "host/https_url.h"

/* A section of either kind, as the rules below see it. */
struct view {
    const struct draft_section *draft;
    const void *base; /* struct global, tenant or service */
    enum option_section section;
    const char *name;
};

static bool is_set(const struct draft_section *draft, enum option_id id)
{
    return draft->set[id].line != 0;
}

static enum reason check_required(const struct view *view, struct text *why)
{
    int id;

    for (id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = option_row((enum option_id)id);

        if (option->section == view->section && (option->flags & OPTION_REQUIRED) != 0 &&
            !is_set(view->draft, (enum option_id)id)) {
            place_blame(why, view->draft->opened);
            text_add(why, "[%s %s] has no %s: add the line %s = ...",
                     option_section_name(view->section), view->name, option->name, option->name);
            return REASON_CONFIG_ERROR;
        }
    }
    return REASON_ACCEPTED;
}

/* What the configuration names must be there and be safe, whether it is needed today or not. */
static enum reason check_file(const struct view *view, enum option_id id, struct text *why)
{
    const struct option *option = option_row(id);
    struct text what = {0};
    enum safe_file result =
        safe_file_check(option_string(option, view->base), (size_t)option->most, &what);

    if (result == SAFE_FILE_OK) {
        return REASON_ACCEPTED;
    }
    if (result == SAFE_FILE_NO_MEMORY) {
        return REASON_OUT_OF_MEMORY;
    }
    place_blame(why, view->draft->set[id]);
    text_add(why, "%s: %s%s", option->name, what.at,
             result == SAFE_FILE_MISSING ? ": create it, or remove this line" : "");
    return REASON_CONFIG_ERROR;
}

static enum reason check_files(const struct view *view, struct text *why)
{
    enum reason r = REASON_ACCEPTED;
    int id;

    for (id = 0; r == REASON_ACCEPTED && id < OPTION_COUNT; id++) {
        const struct option *option = option_row((enum option_id)id);

        if (option->section == view->section && option->kind == OPTION_KIND_FILE &&
            is_set(view->draft, (enum option_id)id)) {
            r = check_file(view, (enum option_id)id, why);
        }
    }
    return r;
}

static enum reason check_later(const struct view *view, struct text *why)
{
    int id;

    for (id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = option_row((enum option_id)id);

        if (option->section == view->section && (option->flags & OPTION_LATER) != 0 &&
            !option_is_zero(option, view->base)) {
            place_blame(why, view->draft->set[id]);
            text_add(why,
                     "%s with this value is not supported yet by this version: remove the line",
                     option->name);
            return REASON_CONFIG_ERROR;
        }
    }
    return REASON_ACCEPTED;
}

/* Where the later of two options was set that do not go together. Defaults have no place and go
 * together. */
static struct place later_of(const struct draft_section *draft, enum option_id a, enum option_id b)
{
    return draft->set[b].line != 0 ? draft->set[b] : draft->set[a];
}

static enum reason check_global(const struct config_draft *draft, struct text *why)
{
    const struct global *global = &draft->config->global;

    if (global->min_uid > global->max_uid) {
        return place_complain(
            why, later_of(&draft->global, OPTION_GLOBAL_min_uid, OPTION_GLOBAL_max_uid),
            "min_uid is greater than max_uid, so no account could be reached: correct one");
    }
    return REASON_ACCEPTED;
}

static enum reason check_keys(const struct tenant *tenant, const struct draft_section *draft,
                              struct text *why)
{
    if (tenant->key_max_age <= tenant->key_refresh) {
        return place_complain(why,
                              later_of(draft, OPTION_TENANT_key_refresh, OPTION_TENANT_key_max_age),
                              "key_max_age must be more than key_refresh: correct one");
    }
    if (tenant->jwks_uri != NULL && tenant->jwks_file != NULL) {
        return place_complain(why, later_of(draft, OPTION_TENANT_jwks_uri, OPTION_TENANT_jwks_file),
                              "jwks_uri and jwks_file exclude each other: remove one");
    }
    return REASON_ACCEPTED;
}

static enum reason check_issuer(const struct config_draft *draft, size_t index, struct text *why)
{
    const struct config *config = draft->config;
    size_t i;

    for (i = 0; i < index; i++) {
        if (strcmp(config->tenant[i].issuer, config->tenant[index].issuer) == 0) {
            struct place other = draft->tenants[i].set[OPTION_TENANT_issuer];

            place_blame(why, draft->tenants[index].set[OPTION_TENANT_issuer]);
            text_add(why, "[tenant %s] has this issuer already (%s:%zu): one tenant per issuer",
                     config->tenant[i].name, other.file, other.line);
            return REASON_CONFIG_ERROR;
        }
    }
    return REASON_ACCEPTED;
}

/* Auth0's own APIs are an audience that any application of the tenant can get a token for. */
static bool is_auth0_audience(const struct config *config, const char *audience)
{
    struct https_url issuer;
    struct https_url url;
    size_t i;

    if (https_url_parse(bytes_of(audience), &url) != NULL || !https_url_of_auth0_api(&url)) {
        return false;
    }
    for (i = 0; i < config->tenant_count; i++) {
        if (https_url_parse(bytes_of(config->tenant[i].issuer), &issuer) == NULL &&
            https_url_same_host(&url, &issuer)) {
            return true;
        }
    }
    return https_url_of_auth0(&url);
}

static enum reason check_audience(const struct config *config, const struct strings *audience,
                                  struct place place, struct text *why)
{
    size_t i;

    for (i = 0; i < audience->count; i++) {
        if (is_auth0_audience(config, audience->item[i])) {
            place_blame(why, place);
            text_add_quoted(why, "audience ", bytes_of(audience->item[i]));
            text_add(why,
                     " is Auth0's own, for which any application may hold a token: register an "
                     "API of your own and name its identifier");
            return REASON_CONFIG_ERROR;
        }
    }
    return REASON_ACCEPTED;
}

static enum reason check_tenant(const struct config_draft *draft, size_t index, struct text *why)
{
    const struct tenant *tenant = &draft->config->tenant[index];
    const struct draft_section *section = &draft->tenants[index];
    struct view view = {section, tenant, OPTION_SECTION_TENANT, tenant->name};
    enum reason r = check_required(&view, why);

    if (r == REASON_ACCEPTED) {
        r = check_issuer(draft, index, why);
    }
    if (r == REASON_ACCEPTED) {
        r = check_keys(tenant, section, why);
    }
    if (r == REASON_ACCEPTED) {
        r = check_files(&view, why);
    }
    return r;
}

static enum reason check_service(const struct config_draft *draft, size_t index, struct text *why)
{
    const struct config *config = draft->config;
    const struct service *service = &config->service[index];
    const struct draft_section *section = &draft->services[index];
    struct view view = {section, service, OPTION_SECTION_SERVICE, service->names.item[0]};
    enum reason r = check_required(&view, why);

    if (r == REASON_ACCEPTED) {
        r = check_audience(config, &service->audience, section->set[OPTION_SERVICE_audience], why);
    }
    if (r == REASON_ACCEPTED) {
        r = config_check_service(config, service, section, why);
    }
    return r == REASON_ACCEPTED ? check_later(&view, why) : r;
}

enum reason config_check(const struct config_draft *draft, struct text *why)
{
    const struct config *config = draft->config;
    struct view global = {&draft->global, &config->global, OPTION_SECTION_GLOBAL, ""};
    enum reason r = check_global(draft, why);
    size_t i;

    if (r == REASON_ACCEPTED) {
        r = check_files(&global, why);
    }
    for (i = 0; r == REASON_ACCEPTED && i < config->tenant_count; i++) {
        r = check_tenant(draft, i, why);
    }
    for (i = 0; r == REASON_ACCEPTED && i < config->tenant_count; i++) {
        struct view tenant = {&draft->tenants[i], &config->tenant[i], OPTION_SECTION_TENANT,
                              config->tenant[i].name};

        r = check_audience(config, &config->tenant[i].audience,
                           draft->tenants[i].set[OPTION_TENANT_audience], why);
        r = r == REASON_ACCEPTED ? check_later(&tenant, why) : r;
    }
    for (i = 0; r == REASON_ACCEPTED && i < config->service_count; i++) {
        r = check_service(draft, i, why);
    }
    return r;
}
