/*
 * The rules of services: which tenants and audiences they may narrow to, and which options exclude
 * each other.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/config_check_service.h"

static enum reason check_tenants(const struct config *config, const struct service *service,
                                 const struct draft_section *draft, struct text *why)
{
    size_t i;

    for (i = 0; i < service->tenants.count; i++) {
        if (config_tenant(config, service->tenants.item[i]) == NULL) {
            place_blame(why, draft->set[OPTION_SERVICE_tenants]);
            text_add_quoted(why, "there is no [tenant NAME] section for ",
                            bytes_of(service->tenants.item[i]));
            text_add(why, ": add one, or correct the name");
            return REASON_CONFIG_ERROR;
        }
    }
    return REASON_ACCEPTED;
}

static enum reason check_audience(const struct config *config, const struct service *service,
                                  const struct draft_section *draft, struct text *why)
{
    size_t i;
    size_t t;

    for (i = 0; i < service->audience.count; i++) {
        struct bytes audience = bytes_of(service->audience.item[i]);
        bool known = false;

        for (t = 0; t < config->tenant_count; t++) {
            known = known || (service_takes_tenant(service, &config->tenant[t]) &&
                              strings_contain(&config->tenant[t].audience, audience));
        }
        if (!known) {
            place_blame(why, draft->set[OPTION_SERVICE_audience]);
            text_add_quoted(why, "no tenant of this service has the audience ", audience);
            text_add(why, ": add it to the tenant's audience, or correct it");
            return REASON_CONFIG_ERROR;
        }
    }
    return REASON_ACCEPTED;
}

static bool serves(const struct service *service, const char *name)
{
    return strings_contain(&service->names, bytes_of(name));
}

static enum reason check_combinations(const struct service *service,
                                      const struct draft_section *draft, struct text *why)
{
    bool session = service->groups || service->record_session || service->use_session;
    bool virtual_account = service->account_type == ACCOUNT_TYPE_VIRTUAL;
    const struct {
        bool broken;
        enum option_id at;
        const char *complaint;
    } rules[] = {
        {virtual_account && session, OPTION_SERVICE_account_type,
         "account_type = virtual excludes groups, record_session and use_session: remove one"},
        {service->set_user && session, OPTION_SERVICE_set_user,
         "set_user excludes groups, record_session and use_session: remove one"},
        {virtual_account && serves(service, "*"), OPTION_SERVICE_account_type,
         "account_type = virtual cannot stand in [service *]: name the services"},
        {service->set_user && serves(service, "*"), OPTION_SERVICE_set_user,
         "set_user cannot stand in [service *]: name the services"},
        {service->use_session && service->record_session, OPTION_SERVICE_use_session,
         "use_session and record_session exclude each other: the login records, sudo uses"},
        {service->use_session && service->without_token == WITHOUT_TOKEN_IGNORE,
         OPTION_SERVICE_without_token,
         "without_token = ignore together with use_session would let a cached sudo timestamp in: "
         "remove the line"},
        {service->use_session && (serves(service, "su") || serves(service, "su-l")),
         OPTION_SERVICE_use_session,
         "use_session cannot work for su, which asks for the target's account: remove the line"},
        {service->groups && (serves(service, "sudo") || serves(service, "sudo-i")),
         OPTION_SERVICE_groups, "groups has no place in a section of sudo: remove the line"},
    };
    size_t i;

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].broken) {
            return place_complain(why, draft->set[rules[i].at], rules[i].complaint);
        }
    }
    return REASON_ACCEPTED;
}

enum reason config_check_service(const struct config *config, const struct service *service,
                                 const struct draft_section *draft, struct text *why)
{
    enum reason r;

    if (config->tenant_count == 0) {
        return place_complain(
            why, draft->opened,
            "there is a service but no [tenant NAME] section: add one with issuer, "
            "audience and authorized_parties");
    }
    r = check_tenants(config, service, draft, why);
    if (r == REASON_ACCEPTED) {
        r = check_audience(config, service, draft, why);
    }
    return r == REASON_ACCEPTED ? check_combinations(service, draft, why) : r;
}
