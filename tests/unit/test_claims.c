/*
 * The checks on claims: each claim against each JSON type, each boundary from both sides, the order
 * of the reasons.
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

static char *list_items[] = {(char[]){"one"}, (char[]){"two"}};
static const struct strings list = {list_items, 2};
static char *narrow_items[] = {(char[]){"two"}, (char[]){"three"}};
static const struct strings narrow = {narrow_items, 2};

static enum reason check(const struct token_policy *policy, const struct change *changes,
                         size_t count)
{
    struct text detail = {0};
    struct claims claims;
    struct json *json = NULL;
    char *text = claims_text(changes, count);
    enum reason r = claims_text_check(policy, text, &json, &claims, &detail);
    size_t i;

    /* Whatever it says, it is one line of printable ASCII. */
    for (i = 0; i < detail.len; i++) {
        assert_in_range(detail.at[i], 0x20, 0x7e);
    }
    json_free(&json);
    free(text);
    return r;
}

static enum reason check_one(const struct token_policy *policy, const char *name, const char *value)
{
    struct change change = {name, value};

    return check(policy, &change, 1);
}

static void expect(const struct token_policy *policy, const char *name, const char *value,
                   enum reason expected)
{
    enum reason r = check_one(policy, name, value);

    if (r != expected) {
        fail_msg("%s = %s: %s, not %s", name, value == NULL ? "(absent)" : value, reason_name(r),
                 reason_name(expected));
    }
}

static void plain_claims_are_accepted(void **state)
{
    struct token_policy policy = judge_policy();

    (void)state;
    assert_int_equal(check(&policy, NULL, 0), REASON_ACCEPTED);
}

static void each_claim_has_its_type(void **state)
{
    static const char *const values[] = {
        "null",      "true",    "\"\"",          "\"x\"",
        "[]",        "[\"x\"]", "[null]",        "[\"x\",1]",
        "[[\"x\"]]", "{}",      "{\"x\":\"x\"}", "0",
        "1.5",       "-1",      "1e400",         "18446744073709551616"};
    enum { STRINGS = 2, STRING_ARRAYS = 4, ARRAYS_END = 6, NUMBERS = 11, NUMBERS_END = 13 };
    static const struct {
        const char *claim;
        enum reason empty, string, array, number; /* what a value of this type leads to */
    } rows[] = {
        {"iss", REASON_ACCEPTED, REASON_ACCEPTED, REASON_BAD_CLAIM, REASON_BAD_CLAIM},
        {"sub", REASON_BAD_CLAIM, REASON_ACCEPTED, REASON_BAD_CLAIM, REASON_BAD_CLAIM},
        {"aud", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE,
         REASON_BAD_CLAIM},
        {"exp", REASON_BAD_CLAIM, REASON_BAD_CLAIM, REASON_BAD_CLAIM, REASON_EXPIRED},
        {"iat", REASON_BAD_CLAIM, REASON_BAD_CLAIM, REASON_BAD_CLAIM, REASON_ACCEPTED},
        {"nbf", REASON_BAD_CLAIM, REASON_BAD_CLAIM, REASON_BAD_CLAIM, REASON_ACCEPTED},
        {"azp", REASON_ACCEPTED, REASON_ACCEPTED, REASON_BAD_CLAIM, REASON_BAD_CLAIM},
        {"client_id", REASON_ACCEPTED, REASON_ACCEPTED, REASON_BAD_CLAIM, REASON_BAD_CLAIM},
        {"jti", REASON_ACCEPTED, REASON_ACCEPTED, REASON_BAD_CLAIM, REASON_BAD_CLAIM},
        {"scope", REASON_ACCEPTED, REASON_ACCEPTED, REASON_BAD_CLAIM, REASON_BAD_CLAIM},
        {"org_id", REASON_WRONG_ORGANIZATION, REASON_WRONG_ORGANIZATION, REASON_BAD_CLAIM,
         REASON_BAD_CLAIM},
        {"permissions", REASON_BAD_CLAIM, REASON_BAD_CLAIM, REASON_ACCEPTED, REASON_BAD_CLAIM},
    };
    struct token_policy policy = judge_policy();
    size_t i, j;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        for (j = 0; j < LENGTH(values); j++) {
            enum reason expected = j == STRINGS                           ? rows[i].empty
                                   : j == STRINGS + 1                     ? rows[i].string
                                   : j >= STRING_ARRAYS && j < ARRAYS_END ? rows[i].array
                                   : j >= NUMBERS && j < NUMBERS_END      ? rows[i].number
                                                                          : REASON_BAD_CLAIM;

            expect(&policy, rows[i].claim, values[j], expected);
        }
    }
}

static void some_claims_forbid_by_being_there(void **state)
{
    static const struct {
        const char *name;
        enum reason reason;
    } rows[] = {
        {"nonce", REASON_ID_TOKEN},  {"at_hash", REASON_ID_TOKEN},
        {"c_hash", REASON_ID_TOKEN}, {"s_hash", REASON_ID_TOKEN},
        {"events", REASON_ID_TOKEN}, {"cnf", REASON_SENDER_CONSTRAINED},
        {"act", REASON_DELEGATED},
    };
    static const char *const values[] = {"null",  "false", "0",  "\"\"",
                                         "\"x\"", "[]",    "{}", "{\"jkt\":\"x\"}"};
    struct token_policy policy = judge_policy();
    size_t i, j;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        for (j = 0; j < LENGTH(values); j++) {
            expect(&policy, rows[i].name, values[j], rows[i].reason);
        }
        expect(&policy, rows[i].name, NULL, REASON_ACCEPTED);
    }
    /* Names are compared whole and in their case. */
    expect(&policy, "Nonce", "1", REASON_ACCEPTED);
    expect(&policy, "cnf ", "1", REASON_ACCEPTED);
    expect(&policy, "https://x/act", "1", REASON_ACCEPTED);
}

static void required_claims_are_required(void **state)
{
    static const char *const required[] = {"iss", "sub", "aud", "exp", "iat", "client_id", "jti"};
    static const struct change both[] = {{"client_id", "\"c\""}, {"jti", "\"j\""}};
    struct token_policy policy = judge_policy();
    size_t i, profile;

    (void)state;
    for (profile = TOKEN_PROFILE_EITHER; profile <= TOKEN_PROFILE_RFC9068; profile++) {
        policy.profile = (enum token_profile)profile;
        assert_int_equal(check(&policy, both, 2), REASON_ACCEPTED);
        for (i = 0; i < LENGTH(required); i++) {
            struct change changes[3] = {both[0], both[1], {required[i], NULL}};
            bool needed = i < 5 || profile == TOKEN_PROFILE_RFC9068;

            assert_int_equal(check(&policy, changes, 3),
                             needed ? REASON_MISSING_CLAIM : REASON_ACCEPTED);
        }
    }
}

static void dates_end_where_they_should(void **state)
{
    static const struct {
        const char *name, *value;
        int64_t leeway;
        enum reason reason;
    } rows[] = {
        {"exp", "1800000000", 0, REASON_EXPIRED},
        {"exp", "1800000000.0", 0, REASON_EXPIRED},
        {"exp", "1800000000.001", 0, REASON_ACCEPTED},
        {"exp", "1799999999.999", 0, REASON_EXPIRED},
        {"exp", "1800000001", 0, REASON_ACCEPTED},
        {"exp", "1799999995", 5, REASON_EXPIRED},
        {"exp", "1799999995.5", 5, REASON_ACCEPTED},
        {"exp", "1799999996", 5, REASON_ACCEPTED},
        {"exp", "1799999700", 300, REASON_EXPIRED},
        {"exp", "1799999701", 300, REASON_ACCEPTED},
        {"exp", "18000000010e-1", 0, REASON_ACCEPTED},
        {"exp", "1.8e9", 0, REASON_EXPIRED},
        {"exp", "-0", 0, REASON_EXPIRED},
        {"exp", "-0.5", 0, REASON_BAD_CLAIM},
        {"exp", "-1e-300", 0, REASON_BAD_CLAIM},
        {"exp", "253402300799", 0, REASON_ACCEPTED},
        {"exp", "253402300799.5", 0, REASON_BAD_CLAIM},
        {"exp", "253402300800", 0, REASON_BAD_CLAIM},
        {"exp", "9223372036854775807", 0, REASON_BAD_CLAIM},
        {"exp", "9223372036854775808", 0, REASON_BAD_CLAIM},
        {"exp", "18446744073709551617", 0, REASON_BAD_CLAIM},
        {"exp", "1e309", 0, REASON_BAD_CLAIM},
        {"exp", "1e18", 0, REASON_BAD_CLAIM},
        {"exp", "\"1800000060\"", 0, REASON_BAD_CLAIM},
        {"nbf", "1800000000", 0, REASON_ACCEPTED},
        {"nbf", "1800000000.001", 0, REASON_NOT_YET_VALID},
        {"nbf", "1800000001", 0, REASON_NOT_YET_VALID},
        {"nbf", "1800000005", 5, REASON_ACCEPTED},
        {"nbf", "1800000005.25", 5, REASON_NOT_YET_VALID},
        {"nbf", "1800000006", 5, REASON_NOT_YET_VALID},
        {"nbf", "253402300799", 5, REASON_NOT_YET_VALID},
        {"nbf", "253402300800", 5, REASON_BAD_CLAIM},
        {"iat", "1800000000", 0, REASON_ACCEPTED},
        {"iat", "1800000001", 0, REASON_NOT_YET_VALID},
        {"iat", "1800000005", 5, REASON_ACCEPTED},
        {"iat", "1800000006", 5, REASON_NOT_YET_VALID},
        {"iat", "0", 0, REASON_ACCEPTED},
        {"iat", "-1", 300, REASON_BAD_CLAIM},
    };
    struct token_policy policy = judge_policy();
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        policy.leeway = rows[i].leeway;
        expect(&policy, rows[i].name, rows[i].value, rows[i].reason);
    }
}

static void age_and_remaining_life_count(void **state)
{
    static const struct {
        const char *name, *value;
        int64_t age, life, leeway;
        enum reason reason;
    } rows[] = {
        {"iat", "1799999900", 100, -1, 0, REASON_ACCEPTED},
        {"iat", "1799999899", 100, -1, 0, REASON_TOO_OLD},
        {"iat", "1799999899.9", 100, -1, 0, REASON_TOO_OLD},
        {"iat", "1799999895", 100, -1, 5, REASON_ACCEPTED},
        {"iat", "1799999894", 100, -1, 5, REASON_TOO_OLD},
        {"iat", "1800000000", 0, -1, 0, REASON_ACCEPTED},
        {"iat", "1799999999", 0, -1, 0, REASON_TOO_OLD},
        {"iat", "0", -1, -1, 0, REASON_ACCEPTED},
        {"iat", "0", 604800, -1, 300, REASON_TOO_OLD},
        {"exp", "1800000060", -1, 60, 0, REASON_ACCEPTED},
        {"exp", "1800000059", -1, 60, 0, REASON_TOO_OLD},
        {"exp", "1800000059.5", -1, 60, 0, REASON_TOO_OLD},
        {"exp", "1800000059", -1, 60, 5, REASON_TOO_OLD}, /* leeway does not lengthen a life */
        {"exp", "1800000001", -1, 0, 0, REASON_ACCEPTED},
        {"exp", "1800000000", -1, 0, 0, REASON_EXPIRED},
        {"exp", "1799999999", -1, 0, 5, REASON_TOO_OLD},
    };
    struct token_policy policy = judge_policy();
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        policy.max_token_age = rows[i].age;
        policy.min_token_life = rows[i].life;
        policy.leeway = rows[i].leeway;
        expect(&policy, rows[i].name, rows[i].value, rows[i].reason);
    }
}

static void subjects_are_plain_and_short(void **state)
{
    struct token_policy policy = judge_policy();
    char longest[520];
    char *value;
    int byte;

    (void)state;
    memset(longest, 'x', sizeof(longest));
    value = mint_text("\"%.512s\"", longest);
    expect(&policy, "sub", value, REASON_ACCEPTED);
    free(value);
    value = mint_text("\"%.513s\"", longest);
    expect(&policy, "sub", value, REASON_BAD_CLAIM);
    free(value);
    /* Bytes are counted, not characters. */
    value = mint_text("\"%.510s\xc3\xa4\"", longest);
    expect(&policy, "sub", value, REASON_ACCEPTED);
    free(value);
    value = mint_text("\"%.511s\xc3\xa4\"", longest);
    expect(&policy, "sub", value, REASON_BAD_CLAIM);
    free(value);
    for (byte = 1; byte < 0x80; byte++) {
        value = mint_text("\"a\\u%04xb\"", (unsigned)byte);
        expect(&policy, "sub", value,
               byte < 0x20 || byte == 0x7f ? REASON_BAD_CLAIM : REASON_ACCEPTED);
        free(value);
    }
    expect(&policy, "sub", "\" \"", REASON_ACCEPTED);
    expect(&policy, "sub", "\"\x7f\"", REASON_BAD_CLAIM);
}

static void audiences_are_compared_whole(void **state)
{
    static const struct {
        const char *value;
        enum reason plain, narrowed;
    } rows[] = {
        {"\"one\"", REASON_ACCEPTED, REASON_WRONG_AUDIENCE},
        {"\"two\"", REASON_ACCEPTED, REASON_ACCEPTED},
        {"\"three\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"[\"one\",\"three\"]", REASON_ACCEPTED,
         REASON_WRONG_AUDIENCE}, /* no value is in both lists */
        {"[\"x\",\"two\"]", REASON_ACCEPTED, REASON_ACCEPTED},
        {"[\"two\",\"two\"]", REASON_ACCEPTED, REASON_ACCEPTED},
        {"[]", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"\"\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"\"One\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"\"two/\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"\"tw\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"\" two\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"\"one two\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"\"*\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"\"\\u001b[2J\\n\"", REASON_WRONG_AUDIENCE, REASON_WRONG_AUDIENCE},
        {"[\"two\",null]", REASON_BAD_CLAIM, REASON_BAD_CLAIM},
        {"[\"two\",[\"two\"]]", REASON_BAD_CLAIM, REASON_BAD_CLAIM},
        {"{\"two\":\"two\"}", REASON_BAD_CLAIM, REASON_BAD_CLAIM},
    };
    struct token_policy policy = judge_policy();
    size_t i;

    (void)state;
    policy.audiences = &list;
    for (i = 0; i < LENGTH(rows); i++) {
        policy.narrow_audiences = NULL;
        expect(&policy, "aud", rows[i].value, rows[i].plain);
        policy.narrow_audiences = &narrow;
        expect(&policy, "aud", rows[i].value, rows[i].narrowed);
    }
    /* A policy without audiences allows none. */
    policy.narrow_audiences = NULL;
    policy.audiences = NULL;
    expect(&policy, "aud", "\"one\"", REASON_WRONG_AUDIENCE);
    policy.audiences = &(const struct strings){NULL, 0};
    expect(&policy, "aud", "\"one\"", REASON_WRONG_AUDIENCE);
}

static void every_party_must_be_listed(void **state)
{
    static const struct {
        const char *azp, *client_id;
        enum reason reason;
    } rows[] = {
        {NULL, NULL, REASON_WRONG_PARTY},         {"\"one\"", NULL, REASON_ACCEPTED},
        {NULL, "\"two\"", REASON_ACCEPTED},       {"\"one\"", "\"two\"", REASON_ACCEPTED},
        {"\"x\"", NULL, REASON_WRONG_PARTY},      {NULL, "\"x\"", REASON_WRONG_PARTY},
        {"\"one\"", "\"x\"", REASON_WRONG_PARTY}, {"\"x\"", "\"one\"", REASON_WRONG_PARTY},
        {"\"\"", NULL, REASON_WRONG_PARTY},       {"\"one\"", "\"\"", REASON_WRONG_PARTY},
        {"\"*\"", NULL, REASON_WRONG_PARTY},      {"\"ONE\"", NULL, REASON_WRONG_PARTY},
        {"\"one \"", NULL, REASON_WRONG_PARTY},   {"null", "\"one\"", REASON_BAD_CLAIM},
    };
    struct token_policy policy = judge_policy();
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        struct change changes[] = {{"azp", rows[i].azp}, {"client_id", rows[i].client_id}};

        policy.any_party = false;
        policy.authorized_parties = &list;
        assert_int_equal(check(&policy, changes, 2), rows[i].reason);
        policy.authorized_parties = NULL;
        assert_int_not_equal(check(&policy, changes, 2), REASON_ACCEPTED);
        policy.any_party = true;
        assert_int_equal(check(&policy, changes, 2),
                         rows[i].reason == REASON_BAD_CLAIM ? REASON_BAD_CLAIM : REASON_ACCEPTED);
    }
}

static void organizations_are_listed_or_none(void **state)
{
    struct token_policy policy = judge_policy();

    (void)state;
    expect(&policy, "org_id", NULL, REASON_ACCEPTED);
    expect(&policy, "org_id", "\"one\"", REASON_WRONG_ORGANIZATION);
    policy.organizations = &(const struct strings){NULL, 0};
    expect(&policy, "org_id", NULL, REASON_ACCEPTED);
    expect(&policy, "org_id", "\"one\"", REASON_WRONG_ORGANIZATION);
    policy.organizations = &list;
    expect(&policy, "org_id", NULL, REASON_WRONG_ORGANIZATION);
    expect(&policy, "org_id", "\"one\"", REASON_ACCEPTED);
    expect(&policy, "org_id", "\"One\"", REASON_WRONG_ORGANIZATION);
    expect(&policy, "org_id", "\"\"", REASON_WRONG_ORGANIZATION);
}

/* One fault for each check. With the faults from one check on, that check's reason is the verdict.
 */
static void reasons_come_in_order(void **state)
{
    static const struct {
        struct change change;
        enum reason reason;
    } faults[] = {
        {{"nonce", "\"n\""}, REASON_ID_TOKEN},
        {{"exp", NULL}, REASON_MISSING_CLAIM},
        {{"jti", "1"}, REASON_BAD_CLAIM},
        {{"aud", "\"other\""}, REASON_WRONG_AUDIENCE},
        {{"exp", "1799999999"}, REASON_EXPIRED},
        {{"nbf", "1800000001"}, REASON_NOT_YET_VALID},
        {{"iat", "1"}, REASON_TOO_OLD},
        {{"cnf", "{}"}, REASON_SENDER_CONSTRAINED},
        {{"act", "{}"}, REASON_DELEGATED},
        {{"azp", "\"x\""}, REASON_WRONG_PARTY},
        {{"org_id", "\"x\""}, REASON_WRONG_ORGANIZATION},
    };
    struct token_policy policy = judge_policy();
    struct change changes[LENGTH(faults) + 1] = {{"azp", "\"one\""}};
    size_t first, i;

    (void)state;
    policy.max_token_age = 3600;
    policy.any_party = false;
    policy.authorized_parties = &list;
    for (first = 0; first < LENGTH(faults); first++) {
        size_t count = 1;

        /* Backwards, so that the earlier fault of one claim stays. */
        for (i = LENGTH(faults); i > first; i--) {
            changes[count++] = faults[i - 1].change;
        }
        assert_int_equal(check(&policy, changes, count), faults[first].reason);
        assert_true(first == 0 || faults[first].reason > faults[first - 1].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_claims_are_accepted),
        cmocka_unit_test(each_claim_has_its_type),
        cmocka_unit_test(some_claims_forbid_by_being_there),
        cmocka_unit_test(required_claims_are_required),
        cmocka_unit_test(dates_end_where_they_should),
        cmocka_unit_test(age_and_remaining_life_count),
        cmocka_unit_test(subjects_are_plain_and_short),
        cmocka_unit_test(audiences_are_compared_whole),
        cmocka_unit_test(every_party_must_be_listed),
        cmocka_unit_test(organizations_are_listed_or_none),
        cmocka_unit_test(reasons_come_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
