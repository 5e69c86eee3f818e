/*
 * What the options of auth0jwt.conf become: quotes and escapes, values, defaults, and the sample
 * that shows them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"
#include "host/option.h"

static struct scratch scratch;

/* Quotes keep white space, backslashes take the next character, in lists only. */
static void test_quotes_and_escapes(void **state)
{
    struct config *config = config_text_good(
        &scratch,
        "[tenant main]\nissuer = \"https://i.test/\"\naudience = \"a  b\"\n"
        "authorized_parties = a\\ b c\\\\ \\\"d\\\" e\\f\n" SERVICE
        "prompt = \"  To\\ken:\t \"\nrequire_claim = \"n=\\\"v \"\nrequire_any = \"*\"\n");
    const struct tenant *tenant = &config->tenant[0];
    const struct service *service = &config->service[0];

    (void)state;
    assert_string_equal(tenant->issuer, "https://i.test/");
    assert_int_equal(tenant->audience.count, 1);
    assert_string_equal(tenant->audience.item[0], "a  b");
    assert_int_equal(tenant->authorized_parties.count, 4);
    assert_string_equal(tenant->authorized_parties.item[0], "a b");
    assert_string_equal(tenant->authorized_parties.item[1], "c\\");
    assert_string_equal(tenant->authorized_parties.item[2], "\"d\"");
    assert_string_equal(tenant->authorized_parties.item[3], "ef");
    assert_string_equal(service->prompt, "  To\\ken:\t ");
    assert_int_equal(service->require_claim.count, 1);
    assert_string_equal(service->require_claim.item[0], "n=\"v ");
    assert_string_equal(service->require_any.item[0], "*");
    config_free(&config);
}

/* --- what values become --------------------------------------------------------------------- */

static void test_defaults(void **state)
{
    struct config *config = config_text_good(&scratch, BASE);
    const struct global *global = &config->global;
    const struct tenant *tenant = &config->tenant[0];
    const struct service *service = &config->service[0];

    (void)state;
    assert_string_equal(global->accounts_file, AUTH0JWT_CONFDIR "/accounts");
    assert_string_equal(global->groups_file, AUTH0JWT_CONFDIR "/groups");
    assert_string_equal(global->revoked_file, AUTH0JWT_CONFDIR "/revoked");
    assert_false(global->accounts_file_named);
    assert_false(global->groups_file_named);
    assert_false(global->revoked_file_named);
    assert_string_equal(global->cache_dir, AUTH0JWT_CACHEDIR);
    assert_string_equal(global->run_dir, AUTH0JWT_RUNDIR);
    assert_string_equal(global->state_dir, AUTH0JWT_STATEDIR);
    assert_int_equal(global->min_uid, 1000);
    assert_int_equal(global->max_uid, 60000);
    assert_int_equal(global->min_gid, 1000);
    assert_int_equal(global->max_token_size, 16384);
    assert_string_equal(global->refresh_program, AUTH0JWT_LIBEXECDIR "/auth0jwt-refresh");
    assert_int_equal(global->ignore_unknown.count, 0);

    assert_string_equal(tenant->name, "main");
    assert_string_equal(tenant->issuer, "https://example.eu.auth0.com/");
    assert_int_equal(tenant->audience.count, 1);
    assert_string_equal(tenant->audience.item[0], "https://login.example.com");
    assert_int_equal(tenant->authorized_parties.count, 1);
    assert_int_equal(tenant->algorithms, alg_bit(ALG_RS256));
    assert_int_equal(tenant->profile, TOKEN_PROFILE_EITHER);
    assert_int_equal(tenant->leeway, 5);
    assert_int_equal(tenant->organizations.count, 0);
    assert_int_equal(tenant->permission_claim, PERMISSION_CLAIM_PERMISSIONS);
    assert_null(tenant->account_claim);
    assert_null(tenant->jwks_uri);
    assert_null(tenant->jwks_file);
    assert_null(tenant->ca_file);
    assert_null(tenant->proxy);
    assert_int_equal(tenant->connect_timeout, 2);
    assert_int_equal(tenant->fetch_timeout, 5);
    assert_int_equal(tenant->key_refresh, 600);
    assert_int_equal(tenant->key_max_age, 86400);
    assert_int_equal(tenant->unknown_kid_cooldown, 30);

    assert_int_equal(service->require.count, 1);
    assert_false(service->require_none);
    assert_int_equal(service->require_any.count, 0);
    assert_int_equal(service->require_claim.count, 0);
    assert_int_equal(service->tenants.count, 0);
    assert_int_equal(service->audience.count, 0);
    assert_int_equal(service->max_token_age, TOKEN_AGE_OFF);
    assert_int_equal(service->min_token_life, TOKEN_AGE_OFF);
    assert_int_equal(service->account_type, ACCOUNT_TYPE_LOCAL);
    assert_false(service->set_user);
    assert_false(service->groups);
    assert_false(service->record_session);
    assert_false(service->use_session);
    assert_int_equal(service->without_token, WITHOUT_TOKEN_DEFAULT);
    assert_false(service->one_time);
    assert_false(service->end_session_at_expiry);
    assert_string_equal(service->prompt, "Access token: ");
    assert_int_equal(service->exempt.count, 0);
    config_free(&config);
}

static void test_values(void **state)
{
    struct config *config = config_text_good(
        &scratch, "[global]\ncache_dir = /c\nrun_dir = /r\nstate_dir = /s\nmin_uid = 500\n"
                  "max_uid = 70000\nmin_gid = 600\nmax_token_size = 2048\nrefresh_program = /p\n"
                  "[tenant t-1_x]\nissuer = https://h.test:8443/a\naudience = a b\n"
                  "authorized_parties = one two\nalgorithms = PS256 EdDSA\nprofile = rfc9068\n"
                  "leeway = 1m\norganizations = org_1\npermission_claim = scope\n"
                  "account_claim = https://h.test/account\njwks_uri = https://h.test/jwks\n"
                  "connect_timeout = 3\nfetch_timeout = 4\nkey_refresh = 15m\nkey_max_age = 10h\n"
                  "unknown_kid_cooldown = 1m\n"
                  "[service login su]\nrequire = x y\nrequire_any = z\nrequire_claim = dept=ops\n"
                  "tenants = t-1_x\naudience = b\nmax_token_age = 7d\nmin_token_life = 90\n"
                  "without_token = deny\nprompt = \"T: \"\nexempt = root %adm\n");
    const struct tenant *tenant = &config->tenant[0];
    const struct service *service = &config->service[0];
    char path[SCRATCH_PATH];

    (void)state;
    scratch_path(&scratch, "a.conf", path);
    assert_string_equal(config->path, path);
    assert_string_equal(config->global.cache_dir, "/c");
    assert_string_equal(config->global.run_dir, "/r");
    assert_string_equal(config->global.state_dir, "/s");
    assert_string_equal(config->global.refresh_program, "/p");
    assert_int_equal(config->global.min_uid, 500);
    assert_int_equal(config->global.max_uid, 70000);
    assert_int_equal(config->global.min_gid, 600);
    assert_int_equal(config->global.max_token_size, 2048);
    assert_string_equal(tenant->name, "t-1_x");
    assert_string_equal(tenant->issuer, "https://h.test:8443/a");
    assert_string_equal(tenant->audience.item[1], "b");
    assert_string_equal(tenant->authorized_parties.item[0], "one");
    assert_int_equal(tenant->algorithms, alg_bit(ALG_PS256) | alg_bit(ALG_EDDSA));
    assert_int_equal(tenant->profile, TOKEN_PROFILE_RFC9068);
    assert_int_equal(tenant->leeway, 60);
    assert_string_equal(tenant->organizations.item[0], "org_1");
    assert_int_equal(tenant->permission_claim, PERMISSION_CLAIM_SCOPE);
    assert_string_equal(tenant->account_claim, "https://h.test/account");
    assert_string_equal(tenant->jwks_uri, "https://h.test/jwks");
    assert_int_equal(tenant->connect_timeout, 3);
    assert_int_equal(tenant->fetch_timeout, 4);
    assert_int_equal(tenant->key_refresh, 900);
    assert_int_equal(tenant->key_max_age, 36000);
    assert_int_equal(tenant->unknown_kid_cooldown, 60);
    assert_int_equal(service->names.count, 2);
    assert_int_equal(service->require.count, 2);
    assert_string_equal(service->require.item[1], "y");
    assert_string_equal(service->require_any.item[0], "z");
    assert_string_equal(service->require_claim.item[0], "dept=ops");
    assert_string_equal(service->tenants.item[0], "t-1_x");
    assert_string_equal(service->audience.item[0], "b");
    assert_int_equal(service->max_token_age, 604800);
    assert_int_equal(service->min_token_life, 90);
    assert_int_equal(service->without_token, WITHOUT_TOKEN_DENY);
    assert_string_equal(service->prompt, "T: ");
    assert_int_equal(service->exempt.count, 2);
    assert_string_equal(service->exempt.item[1], "%adm");
    config_free(&config);
}

/* What the rules between options ask of a field. */
static void test_fields(void **state)
{
    static const struct {
        enum option_id id;
        bool zero;
        const char *string;
    } cases[] = {
        {OPTION_TENANT_issuer, false, "https://example.eu.auth0.com/"},
        {OPTION_TENANT_audience, false, NULL},
        {OPTION_TENANT_organizations, true, NULL},
        {OPTION_TENANT_algorithms, false, NULL},
        {OPTION_TENANT_leeway, true, NULL},
        {OPTION_TENANT_key_refresh, false, NULL},
        {OPTION_TENANT_profile, false, NULL},
        {OPTION_TENANT_permission_claim, true, NULL},
        {OPTION_TENANT_jwks_uri, true, NULL},
    };
    struct config *config =
        config_text_good(&scratch, TENANT "profile = auth0\nleeway = 0\n" SERVICE);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct option *option = option_row(cases[i].id);
        const char *string = option_string(option, &config->tenant[0]);

        assert_int_equal(option_is_zero(option, &config->tenant[0]), cases[i].zero);
        assert_int_equal(string != NULL, cases[i].string != NULL);
        if (string != NULL) {
            assert_string_equal(string, cases[i].string);
        }
    }
    assert_true(option_is_zero(option_row(OPTION_SERVICE_groups), &config->service[0]));
    config_free(&config);
}

static void read_document(const char *name, char *out, size_t size)
{
    const char *folder = getenv("top_srcdir");
    struct text path = {0};
    size_t len;
    FILE *file;

    text_set(&path, "%s/%s", folder != NULL ? folder : ".", name);
    file = fopen(path.at, "r");
    assert_non_null(file);
    len = fread(out, 1, size - 1, file);
    fclose(file);
    assert_in_range(len, 1, size - 2);
    out[len] = '\0';
}

/* The sample shows every option, as a comment with its default where it has one, and is a
 * configuration itself. Paths are those of configure. */
static void test_sample(void **state)
{
    struct config *config;
    char text[32768];
    int id;

    (void)state;
    read_document("docs/examples/auth0jwt.conf", text, sizeof(text));
    for (id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = option_row((enum option_id)id);
        bool path = option->kind == OPTION_KIND_PATH || option->kind == OPTION_KIND_FILE;
        bool fixed = option->default_text != NULL && !path;
        struct text wanted = {0};

        text_set(&wanted, "\n%s%s = %s%s", (option->flags & OPTION_REQUIRED) != 0 ? "" : "#",
                 option->name, fixed ? option->default_text : "", fixed ? "\n" : "");
        if (strstr(text, wanted.at) == NULL) {
            print_error("the sample lacks the line%s\n", wanted.at);
        }
        assert_non_null(strstr(text, wanted.at));
    }
    config = config_text_good(&scratch, text);
    assert_int_equal(config->tenant_count, 1);
    assert_non_null(config_service(config, "sshd"));
    config_free(&config);
}

/* The manual has an entry for every option. */
static void test_manual(void **state)
{
    char text[65536];
    int id;

    (void)state;
    read_document("man/auth0jwt.conf.5", text, sizeof(text));
    for (id = 0; id < OPTION_COUNT; id++) {
        struct text wanted = {0};

        text_set(&wanted, "\n.It Cm %s\n", option_row((enum option_id)id)->name);
        if (strstr(text, wanted.at) == NULL) {
            print_error("the manual lacks the line%s\n", wanted.at);
        }
        assert_non_null(strstr(text, wanted.at));
    }
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
        cmocka_unit_test(test_quotes_and_escapes),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_manual),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
