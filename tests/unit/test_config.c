/*
 * What is found in a configuration: the section of a service, the tenant of an issuer, the policy
 * for a token.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_text.h"
#include "fail_alloc.h"

static struct scratch scratch;

static const char *first_name(const struct service *service)
{
    return service == NULL ? "(none)" : service->names.item[0];
}

static void test_services(void **state)
{
    struct config *config = config_text_good(
        &scratch, TENANT "[service sshd login]\nrequire = none\n[service sudo]\nrequire = a\n"
                         "[service su]\nrequire = b\n[service su-l]\nrequire = c\n");

    (void)state;
    assert_string_equal(first_name(config_service(config, "sshd")), "sshd");
    assert_string_equal(first_name(config_service(config, "login")), "sshd");
    assert_string_equal(first_name(config_service(config, "sudo")), "sudo");
    assert_string_equal(first_name(config_service(config, "sudo-i")), "sudo");
    assert_string_equal(first_name(config_service(config, "su")), "su");
    assert_string_equal(first_name(config_service(config, "su-l")), "su-l");
    assert_null(config_service(config, "cron"));
    assert_null(config_service(config, ""));
    assert_null(config_service(config, NULL));
    config_free(&config);

    config = config_text_good(&scratch, TENANT "[service *]\nrequire = none\n[service sudo]\n"
                                               "require = a\n");
    assert_string_equal(first_name(config_service(config, "cron")), "*");
    assert_string_equal(first_name(config_service(config, "su-l")), "*");
    assert_string_equal(first_name(config_service(config, "sudo-i")), "sudo");
    assert_null(config_service(config, "*"));
    config_free(&config);
}

static void test_tenants(void **state)
{
    struct config *config = config_text_good(
        &scratch, TENANT "[tenant two]\nissuer = https://two.test/\naudience = two\n"
                         "authorized_parties = *\n[service sshd]\nrequire = none\n"
                         "[service sudo]\nrequire = none\ntenants = two\n");
    const struct service *sshd = config_service(config, "sshd");
    const struct service *sudo = config_service(config, "sudo");
    struct bytes one = bytes_of("https://example.eu.auth0.com/");
    struct bytes two = bytes_of("https://two.test/");

    (void)state;
    assert_ptr_equal(config_tenant(config, "two"), &config->tenant[1]);
    assert_null(config_tenant(config, "three"));
    assert_ptr_equal(config_tenant_of_issuer(config, sshd, one), &config->tenant[0]);
    assert_ptr_equal(config_tenant_of_issuer(config, sshd, two), &config->tenant[1]);
    assert_ptr_equal(config_tenant_of_issuer(config, NULL, one), &config->tenant[0]);
    assert_null(config_tenant_of_issuer(config, sudo, one));
    assert_ptr_equal(config_tenant_of_issuer(config, sudo, two), &config->tenant[1]);
    assert_null(config_tenant_of_issuer(config, sshd, bytes_of("https://two.test")));
    assert_null(config_tenant_of_issuer(config, sshd, bytes_of("https://TWO.test/")));
    assert_null(config_tenant_of_issuer(config, sshd, (struct bytes){NULL, 0}));
    assert_false(service_takes_tenant(sudo, &config->tenant[0]));
    assert_true(service_takes_tenant(sudo, &config->tenant[1]));
    assert_true(service_takes_tenant(NULL, &config->tenant[0]));
    config_free(&config);
}

/* Once loaded, nothing that a login asks needs memory. */
static void test_lookups_without_memory(void **state)
{
    struct config *config = config_text_good(&scratch, BASE);
    const struct service *service;
    const struct tenant *tenant;
    struct token_policy policy;

    (void)state;
    fail_alloc_at(1);
    service = config_service(config, "sshd");
    tenant = config_tenant_of_issuer(config, service, bytes_of("https://example.eu.auth0.com/"));
    assert_non_null(tenant);
    assert_ptr_equal(config_tenant(config, "main"), tenant);
    config_policy(tenant, service, &policy);
    assert_false(fail_alloc_done());
    fail_alloc_at(0);
    config_free(&config);
}

static void test_policy(void **state)
{
    struct config *config = config_text_good(
        &scratch, "[tenant main]\nissuer = https://i.test/\naudience = a b\n"
                  "authorized_parties = one\nalgorithms = ES256\nprofile = auth0\nleeway = 9\n"
                  "organizations = org_1\npermission_claim = scope\naccount_claim = n:a\n"
                  "[service sshd]\nrequire = none\naudience = b\nmax_token_age = 10\n"
                  "min_token_life = 20\n[service sudo]\nrequire = none\n");
    const struct tenant *tenant = &config->tenant[0];
    struct token_policy policy;

    (void)state;
    config_policy(tenant, &config->service[0], &policy);
    assert_string_equal(policy.issuer, "https://i.test/");
    assert_ptr_equal(policy.audiences, &tenant->audience);
    assert_ptr_equal(policy.narrow_audiences, &config->service[0].audience);
    assert_int_equal(policy.algorithms, alg_bit(ALG_ES256));
    assert_int_equal(policy.profile, TOKEN_PROFILE_AUTH0);
    assert_int_equal(policy.leeway, 9);
    assert_false(policy.any_party);
    assert_ptr_equal(policy.authorized_parties, &tenant->authorized_parties);
    assert_ptr_equal(policy.organizations, &tenant->organizations);
    assert_int_equal(policy.permission_claim, PERMISSION_CLAIM_SCOPE);
    assert_string_equal(policy.account_claim, "n:a");
    assert_int_equal(policy.max_token_age, 10);
    assert_int_equal(policy.min_token_life, 20);

    config_policy(tenant, &config->service[1], &policy);
    assert_null(policy.narrow_audiences);
    assert_int_equal(policy.max_token_age, TOKEN_AGE_OFF);
    config_policy(tenant, NULL, &policy);
    assert_null(policy.narrow_audiences);
    assert_int_equal(policy.max_token_age, TOKEN_AGE_OFF);
    assert_int_equal(policy.min_token_life, TOKEN_AGE_OFF);
    config_free(&config);

    config = config_text_good(&scratch, BASE);
    config_policy(&config->tenant[0], NULL, &policy);
    assert_true(policy.any_party);
    assert_null(policy.account_claim);
    config_free(&config);
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_tenants),
        cmocka_unit_test(test_lookups_without_memory),
        cmocka_unit_test(test_policy),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
