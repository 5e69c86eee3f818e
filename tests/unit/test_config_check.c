/*
 * The rules between the options of a configuration, each with the line that it blames.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_text.h"

static struct scratch scratch;

#define REFUSED(cases) config_text_all_refused(&scratch, cases, sizeof(cases) / sizeof((cases)[0]))

static void test_required(void **state)
{
    static const struct bad_text cases[] = {
        {"\n[tenant main]\naudience = a\nauthorized_parties = *\n",
         "2: [tenant main] has no issuer: add the line issuer = ..."},
        {"[tenant main]\nissuer = https://i.test/\nauthorized_parties = *\n",
         "1: [tenant main] has no audience: add the line"},
        {"[tenant main]\nissuer = https://i.test/\naudience = a\n",
         "1: [tenant main] has no authorized_parties: add the line"},
        {"# x\n" TENANT "[tenant b]\n", "6: [tenant b] has no issuer"},
        {TENANT "[service sshd sudo]\nprompt = x\n",
         "5: [service sshd] has no require: add the line require = ..."},
        {TENANT "[service *]\n", "5: [service *] has no require"},
        {TENANT "[service a]\nrequire = \\none\n", "6: require has its keyword in quotes or"},
        {TENANT "[service a]\nrequire = \"none\"\n", "6: require has its keyword in quotes"},
        {"[tenant a]\nauthorized_parties = \\*\n", "2: authorized_parties has its keyword in"},
    };

    (void)state;
    REFUSED(cases);
}

static void test_ids(void **state)
{
    static const struct bad_text cases[] = {
        {"[global]\nmin_uid = 70000\n", "2: min_uid is greater than max_uid"},
        {"[global]\nmax_uid = 999\n", "2: min_uid is greater than max_uid"},
        {"[global]\nmax_uid = 9\nmin_uid = 10\n", "2: min_uid is greater than max_uid"},
        {"[global]\nmin_uid = 10\nmax_uid = 9\n", "3: min_uid is greater than max_uid"},
    };
    struct config *config;

    (void)state;
    REFUSED(cases);
    config = config_text_good(&scratch, "[global]\nmin_uid = 10\nmax_uid = 10\n");
    config_free(&config);
}

static void test_keys(void **state)
{
    static const struct bad_text cases[] = {
        {TENANT "key_max_age = 10m\n", "5: key_max_age must be more than key_refresh"},
        {TENANT "key_refresh = 24h\n", "5: key_max_age must be more than key_refresh"},
        {TENANT "key_refresh = 2m\nkey_max_age = 2m\n", "6: key_max_age must be more than"},
        {TENANT "jwks_uri = https://a.test/\njwks_file = /x\n",
         "6: jwks_uri and jwks_file exclude each other: remove one"},
    };
    struct config *config;

    (void)state;
    REFUSED(cases);
    config = config_text_good(&scratch, TENANT "key_refresh = 119\nkey_max_age = 2m\n");
    config_free(&config);
}

static void test_issuers(void **state)
{
    static const struct bad_text cases[] = {
        {TENANT "[tenant b]\naudience = a\nauthorized_parties = *\n"
                "issuer = https://example.eu.auth0.com/\n",
         "8: [tenant main] has this issuer already ("},
    };
    struct config *config;

    (void)state;
    REFUSED(cases);
    config = config_text_good(&scratch, TENANT "[tenant b]\naudience = a\nauthorized_parties = *\n"
                                               "issuer = https://example.us.auth0.com/\n");
    config_free(&config);
}

#define AUDIENCE(text)                                                                             \
    "[tenant main]\naudience = " text "\nissuer = https://login.example.com/\n"                    \
    "authorized_parties = *\n"

static void test_auth0_audiences(void **state)
{
    static const struct bad_text cases[] = {
        {AUDIENCE("https://login.example.com/api/v2/"),
         "2: audience \"https://login.example.com/api/v2/\" is Auth0's own"},
        {AUDIENCE("https://login.example.com/userinfo"),
         "2: audience \"https://login.example.com/u"},
        {AUDIENCE("https://login.example.com/mfa/"),
         "2: audience \"https://login.example.com/mfa/"},
        {AUDIENCE("https://login.example.com/me/"),
         "2: audience \"https://login.example.com/me/\""},
        {AUDIENCE("https://login.example.com/me"), "2: audience \"https://login.example.com/me\""},
        {AUDIENCE("https://LOGIN.example.com/me/"),
         "2: audience \"https://LOGIN.example.com/me/\""},
        {AUDIENCE("a https://other.eu.auth0.com/api/v2/"),
         "2: audience \"https://other.eu.auth0.com/api/v2/\" is Auth0's own"},
        {AUDIENCE("https://other.auth0.com/userinfo"),
         "2: audience \"https://other.auth0.com/user"},
        {AUDIENCE(
             "https://two.test/mfa/") "[tenant two]\nissuer = https://two.test/\naudience = a\n"
                                      "authorized_parties = *\n",
         "2: audience \"https://two.test/mfa/\" is Auth0's own"},
    };
    static const char *const good[] = {
        AUDIENCE("https://login.example.com/api"),
        AUDIENCE("https://login.example.com/"),
        AUDIENCE("https://login.example.com/api/v2/x"),
        AUDIENCE("https://other.test/api/v2/"),
        AUDIENCE("https://auth0.com/me/"),
        AUDIENCE("https://xauth0.com/userinfo"),
        AUDIENCE("urn:hosts"),
    };
    size_t i;

    (void)state;
    REFUSED(cases);
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct config *config = config_text_good(&scratch, good[i]);

        assert_int_equal(config->tenant[0].audience.count, 1);
        config_free(&config);
    }
}

#define TWO                                                                                        \
    TENANT "[tenant two]\nissuer = https://two.test/\naudience = two\nauthorized_parties = *\n"

static void test_services(void **state)
{
    static const struct bad_text cases[] = {
        {BASE "tenants = main two\n", "7: there is no [tenant NAME] section for \"two\""},
        {BASE "audience = b\n", "7: no tenant of this service has the audience \"b\""},
        {BASE "audience = https://login.example.com b\n",
         "7: no tenant of this service has the au"},
        {TWO SERVICE "tenants = main\naudience = two\n",
         "12: no tenant of this service has the audience \"two\""},
        {TWO SERVICE "audience = https://two.test/userinfo\n",
         "11: audience \"https://two.test/userinfo\" is Auth0's own"},
    };
    struct config *config;

    (void)state;
    REFUSED(cases);
    config = config_text_good(&scratch, TWO SERVICE "audience = two https://login.example.com\n");
    config_free(&config);
    config = config_text_good(&scratch, TWO SERVICE "tenants = two main\naudience = two\n");
    assert_int_equal(config->service[0].tenants.count, 2);
    config_free(&config);
}

static void test_combinations(void **state)
{
    static const struct bad_text cases[] = {
        {BASE "account_type = virtual\ngroups = yes\n",
         "7: account_type = virtual excludes groups"},
        {BASE "use_session = yes\naccount_type = virtual\n", "8: account_type = virtual excludes"},
        {BASE "record_session = yes\nset_user = yes\n", "8: set_user excludes groups, record_sess"},
        {TENANT "[service *]\nrequire = none\naccount_type = virtual\n",
         "7: account_type = virtual cannot stand in [service *]"},
        {TENANT "[service *]\nrequire = none\nset_user = yes\n", "7: set_user cannot stand in"},
        {BASE "use_session = yes\nrecord_session = yes\n",
         "7: use_session and record_session excl"},
        {BASE "use_session = yes\nwithout_token = ignore\n", "8: without_token = ignore together"},
        {TENANT "[service su]\nrequire = none\nuse_session = yes\n", "7: use_session cannot work"},
        {TENANT "[service su-l x]\nrequire = none\nuse_session = yes\n", "7: use_session cannot"},
        {TENANT "[service sudo]\nrequire = none\ngroups = yes\n",
         "7: groups has no place in a sec"},
        {TENANT "[service sudo-i]\nrequire = none\ngroups = yes\n", "7: groups has no place in a"},
        /* What may be combined is told to come later. */
        {BASE "use_session = yes\nwithout_token = deny\n", "7: use_session with this value is not"},
        {BASE "account_type = virtual\nset_user = yes\n", "7: account_type with this value is not"},
    };

    (void)state;
    REFUSED(cases);
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
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_issuers),
        cmocka_unit_test(test_auth0_audiences),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_combinations),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
