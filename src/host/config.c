/*
 * What others ask of a configuration that was loaded: sections by name, the policy for a token.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/config.h"

#include <stdlib.h>
#include <string.h>

#include "host/option.h"

const char config_default_path[] = AUTH0JWT_CONFDIR "/auth0jwt.conf";

void config_free(struct config **config)
{
    struct config *c = *config;
    size_t i;

    if (c == NULL) {
        return;
    }
    options_free(OPTION_SECTION_GLOBAL, &c->global);
    for (i = 0; i < c->tenant_count; i++) {
        options_free(OPTION_SECTION_TENANT, &c->tenant[i]);
        free(c->tenant[i].name);
    }
    for (i = 0; i < c->service_count; i++) {
        options_free(OPTION_SECTION_SERVICE, &c->service[i]);
        strings_free(&c->service[i].names);
    }
    free(c->tenant);
    free(c->service);
    free(c->path);
    free(c);
    *config = NULL;
}

static const struct service *find_service(const struct config *config, const char *name)
{
    size_t i;

    for (i = 0; i < config->service_count; i++) {
        if (strings_contain(&config->service[i].names, bytes_of(name))) {
            return &config->service[i];
        }
    }
    return NULL;
}

const struct service *config_service(const struct config *config, const char *name)
{
    /* Debian's names for `sudo -i` and `su -`. */
    static const struct {
        const char *name;
        const char *instead;
    } others[] = {{"sudo-i", "sudo"}, {"su-l", "su"}};
    const struct service *service = NULL;
    size_t i;

    /* A service that calls itself "*" is not the section that stands in for all. */
    if (name == NULL || strcmp(name, "*") == 0) {
        return NULL;
    }
    service = find_service(config, name);
    for (i = 0; service == NULL && i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(name, others[i].name) == 0) {
            service = find_service(config, others[i].instead);
        }
    }
    return service != NULL ? service : find_service(config, "*");
}

const struct tenant *config_find_tenant(const struct config *config, struct bytes name)
{
    size_t i;

    for (i = 0; i < config->tenant_count; i++) {
        if (bytes_equal_string(name, config->tenant[i].name)) {
            return &config->tenant[i];
        }
    }
    return NULL;
}

const struct tenant *config_tenant(const struct config *config, const char *name)
{
    return config_find_tenant(config, bytes_of(name));
}

bool service_takes_tenant(const struct service *service, const struct tenant *tenant)
{
    return service == NULL || service->tenants.count == 0 ||
           strings_contain(&service->tenants, bytes_of(tenant->name));
}

const struct tenant *config_tenant_of_issuer(const struct config *config,
                                             const struct service *service, struct bytes issuer)
{
    size_t i;

    for (i = 0; i < config->tenant_count; i++) {
        if (bytes_equal_string(issuer, config->tenant[i].issuer)) {
            return service_takes_tenant(service, &config->tenant[i]) ? &config->tenant[i] : NULL;
        }
    }
    return NULL;
}

void config_policy(const struct tenant *tenant, const struct service *service,
                   struct token_policy *policy)
{
    *policy = (struct token_policy){
        .issuer = tenant->issuer,
        .audiences = &tenant->audience,
        .narrow_audiences =
            service != NULL && service->audience.count > 0 ? &service->audience : NULL,
        .algorithms = tenant->algorithms,
        .profile = (enum token_profile)tenant->profile,
        .leeway = tenant->leeway,
        .any_party = strings_contain(&tenant->authorized_parties, bytes_of("*")),
        .authorized_parties = &tenant->authorized_parties,
        .organizations = &tenant->organizations,
        .permission_claim = (enum permission_claim)tenant->permission_claim,
        .account_claim = tenant->account_claim,
        .max_token_age = service != NULL ? service->max_token_age : TOKEN_AGE_OFF,
        .min_token_life = service != NULL ? service->min_token_life : TOKEN_AGE_OFF,
    };
}
