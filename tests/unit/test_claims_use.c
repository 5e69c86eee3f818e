/*
 * What may be asked of claims: machine or person, permissions, required claims, account, party.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "claims_text.h"
#include "mint.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void what_could_be_read_is_told_on_a_refusal(void **state)
{
    struct token_policy policy = judge_policy();
    static const struct change changes[] = {{"exp", "1"},
                                            {"azp", "\"app\""},
                                            {"jti", "\"j\""},
                                            {"client_id", "\"c\""},
                                            {"org_id", "\"o\""}};
    char *text = claims_text(changes, LENGTH(changes));
    struct json *json = NULL;
    struct claims claims;

    (void)state;
    assert_int_equal(claims_text_check(&policy, text, &json, &claims, NULL), REASON_EXPIRED);
    assert_true(bytes_equal_string(claims.sub, "auth0|1"));
    assert_true(bytes_equal_string(claims.iss, JUDGE_ISSUER));
    assert_true(bytes_equal_string(claims.jti, "j"));
    assert_true(bytes_equal_string(claims.client_id, "c"));
    assert_true(bytes_equal_string(claims.org_id, "o"));
    assert_true(bytes_equal_string(claims_party(&claims), "app"));
    assert_true(claims.exp == 1 && claims.iat == 1799999940 && claims.nbf == 0);
    json_free(&json);
    free(text);
}

static bool is_machine(const char *name, const char *value)
{
    struct token_policy policy = judge_policy();
    struct change change = {name, value};
    struct change changes[] = {change, {"azp", "\"app\""}, {"client_id", "\"client\""}};
    char *text = claims_text(changes, LENGTH(changes));
    struct json *json = NULL;
    struct claims claims;
    bool machine;

    assert_int_equal(claims_text_check(&policy, text, &json, &claims, NULL), REASON_ACCEPTED);
    machine = claims_of_machine(&claims);
    json_free(&json);
    free(text);
    return machine;
}

static void machines_are_known_by_several_signs(void **state)
{
    static const struct {
        const char *name, *value;
        bool machine;
    } rows[] = {
        {"sub", "\"auth0|1\"", false},
        {"sub", "\"app@clients\"", true},
        {"sub", "\"@clients\"", true},
        {"sub", "\"app@clients2\"", false},
        {"sub", "\"app@Clients\"", false},
        {"sub", "\"app\"", true},
        {"sub", "\"client\"", true},
        {"sub", "\"App\"", false},
        {"sub", "\"apps\"", false},
        {"gty", "\"client-credentials\"", true},
        {"gty", "\"password\"", false},
        {"gty", "\"password client-credentials\"", true},
        {"gty", "[\"client-credentials\"]", true},
        {"gty", "[\"refresh_token\",\"client-credentials\"]", true},
        {"gty", "[\"refresh_token\",\"password\"]", false},
        {"gty", "[]", false},
        {"sub_profile", "\"user\"", false},
        {"sub_profile", "\"User\"", true},
        {"sub_profile", "\"ai_agent\"", true},
        {"sub_profile", "\"\"", true},
        {"sub_profile", "null", true},
        {"sub_profile", "[\"user\"]", true},
        {"sub_profile", "1", true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        if (is_machine(rows[i].name, rows[i].value) != rows[i].machine) {
            fail_msg("%s = %s", rows[i].name, rows[i].value);
        }
    }
}

static void permissions_are_compared_whole(void **state)
{
    static const struct {
        const char *permissions, *scope, *asked;
        bool by_permissions, by_scope;
    } rows[] = {
        {"[\"a\",\"b\"]", "\"c d\"", "a", true, false},
        {"[\"a\",\"b\"]", "\"c d\"", "b", true, false},
        {"[\"a\",\"b\"]", "\"c d\"", "c", false, true},
        {"[\"a\",\"b\"]", "\"c d\"", "d", false, true},
        {"[\"a b\"]", "\"a b\"", "a", false, true},
        {"[\"a b\"]", "\"a b\"", "a b", true, false},
        {"[\"ssh:login\"]", "\"ssh:login\"", "ssh:", false, false},
        {"[\"ssh:\"]", "\"ssh:\"", "ssh:login", false, false},
        {"[\"ssh:login\"]", "\"ssh:login\"", "SSH:login", false, false},
        {"[\"/foobar\"]", "\"/foobar\"", "/foo", false, false},
        {"[\"*\"]", "\"*\"", "a", false, false},
        {"[]", "\"\"", "a", false, false},
        {"[]", "\"\"", "", false, false},
        {"[\"\"]", "\"  \"", "", true, false},
        {NULL, NULL, "a", false, false},
        {NULL, "\" a  b \"", "b", false, true},
        {NULL, "\"a\\tb\"", "a", false, false},
        {NULL, "\"a\\tb\"", "a\tb", false, true},
        {"[\"\\u0061\"]", "\"\\u0061\"", "a", true, true},
    };
    size_t i, by;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        for (by = PERMISSION_CLAIM_PERMISSIONS; by <= PERMISSION_CLAIM_SCOPE; by++) {
            struct token_policy policy = judge_policy();
            struct change changes[] = {{"permissions", rows[i].permissions},
                                       {"scope", rows[i].scope}};
            char *text = claims_text(changes, 2);
            struct json *json = NULL;
            struct claims claims;
            struct bytes item;
            size_t count = 0;
            bool seen = false, expected = by == 0 ? rows[i].by_permissions : rows[i].by_scope;

            policy.permission_claim = (enum permission_claim)by;
            assert_int_equal(claims_text_check(&policy, text, &json, &claims, NULL),
                             REASON_ACCEPTED);
            while (claims_permission(&claims, count, &item)) {
                seen = seen || bytes_equal_string(item, rows[i].asked);
                count++;
                assert_true(count < 10);
            }
            if (claims_permit(&claims, rows[i].asked) != expected || seen != expected) {
                fail_msg("%s / %s, asked for %s by %zu", rows[i].permissions, rows[i].scope,
                         rows[i].asked, by);
            }
            json_free(&json);
            free(text);
        }
    }
}

static void required_claims_match_text(void **state)
{
    static const struct {
        const char *claim, *text;
        bool has;
    } rows[] = {
        {"\"gold\"", "gold", true},
        {"\"gold\"", "Gold", false},
        {"\"gold\"", "", false},
        {"\"\"", "", true},
        {"\"a=b\"", "a=b", true},
        {"true", "true", true},
        {"true", "1", false},
        {"false", "false", true},
        {"false", "", false},
        {"7", "7", true},
        {"7", "7.0", false},
        {"7.0", "7.0", true},
        {"7e0", "7e0", true},
        {"\"7\"", "7", true},
        {"null", "null", false},
        {"null", "", false},
        {"[\"a\",\"b\"]", "b", true},
        {"[\"a\",\"b\"]", "a,b", false},
        {"[\"a\",\"b\"]", "[\"a\",\"b\"]", false},
        {"[\"a\",1]", "a", false},
        {"[1]", "1", false},
        {"[true]", "true", false},
        {"[]", "", false},
        {"[[\"a\"]]", "a", false},
        {"{\"a\":1}", "a", false},
        {"{}", "", false},
        {"1e400", "inf", false},
    };
    struct token_policy policy = judge_policy();
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct change change = {"https://x/tier", rows[i].claim};
        char *text = claims_text(&change, 1);
        struct json *json = NULL;
        struct claims claims;

        assert_int_equal(claims_text_check(&policy, text, &json, &claims, NULL), REASON_ACCEPTED);
        if (claims_have(&claims, "https://x/tier", rows[i].text) != rows[i].has) {
            fail_msg("%s against %s", rows[i].claim, rows[i].text);
        }
        assert_false(claims_have(&claims, "https://x/Tier", rows[i].text));
        json_free(&json);
        free(text);
    }
}

static void the_account_claim_is_a_string_or_nothing(void **state)
{
    static const struct {
        const char *value, *account;
    } rows[] = {
        {"\"alice\"", "alice"}, {"[\"alice\"]", NULL}, {"null", NULL}, {"1", NULL}, {NULL, NULL}};
    struct token_policy policy = judge_policy();
    size_t i;

    (void)state;
    policy.account_claim = "https://x/account";
    for (i = 0; i < LENGTH(rows); i++) {
        struct change change = {"https://x/account", rows[i].value};
        char *text = claims_text(&change, 1);
        struct json *json = NULL;
        struct claims claims;

        assert_int_equal(claims_text_check(&policy, text, &json, &claims, NULL), REASON_ACCEPTED);
        assert_int_equal(claims.account.ptr != NULL, rows[i].account != NULL);
        assert_true(rows[i].account == NULL || bytes_equal_string(claims.account, rows[i].account));
        json_free(&json);
        free(text);
    }
}

static void the_party_is_azp_before_client_id(void **state)
{
    struct claims claims = {0};

    (void)state;
    assert_int_equal(claims_party(&claims).len, 0);
    claims.client_id = bytes_of("c");
    assert_true(bytes_equal_string(claims_party(&claims), "c"));
    claims.azp = bytes_of("a");
    assert_true(bytes_equal_string(claims_party(&claims), "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_be_read_is_told_on_a_refusal),
        cmocka_unit_test(machines_are_known_by_several_signs),
        cmocka_unit_test(permissions_are_compared_whole),
        cmocka_unit_test(required_claims_match_text),
        cmocka_unit_test(the_account_claim_is_a_string_or_nothing),
        cmocka_unit_test(the_party_is_azp_before_client_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
