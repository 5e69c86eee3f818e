/*
 * What is said about a decision: the log line in full, and what a user may read.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <cmocka.h>

#include "login/decision.h"

struct seen {
    int level;
    char line[TEXT_SIZE];
    int count;
};

static void sink(void *context, int level, const char *line)
{
    struct seen *seen = context;

    seen->level = level;
    seen->count++;
    strncpy(seen->line, line, sizeof(seen->line) - 1);
}

static char tenant_name[] = "main";
static const struct tenant tenant = {.name = tenant_name, .key_max_age = 86400};

static struct decision decision_with(enum reason reason)
{
    struct decision decision = {.reason = reason, .tenant = &tenant, .signature_good = true};

    decision.facts.sub = bytes_of("auth0|5f7c8ec7c33c6c004bbafe82");
    decision.facts.azp = bytes_of("client");
    decision.facts.iat = 1800000000;
    decision.facts.exp = 1800000600;
    decision.kid = strdup("key-1");
    strcpy(decision.id, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    decision.keys = KEYS_FRESH;
    decision.keys_age = 42;
    return decision;
}

static struct seen logged(struct decision *decision, const struct decision_place *place)
{
    struct seen seen = {0};
    struct log log = {sink, &seen, false};

    decision_log(decision, place, &log);
    assert_int_equal(seen.count, 1);
    decision_free(decision);
    return seen;
}

static void accept_line_has_every_field_in_order(void **state)
{
    struct decision decision = decision_with(REASON_ACCEPTED);
    struct decision_place place = {"sshd", "alice", "192.0.2.7", "ssh", "bob", 3};
    struct seen seen = logged(&decision, &place);

    (void)state;
    assert_string_equal(seen.line,
                        "accept service=\"sshd\" user=\"alice\" rhost=\"192.0.2.7\" tty=\"ssh\" "
                        "ruser=\"bob\" by=token tenant=main sub=\"auth0|5f7c8ec7c33c6c004bbafe82\" "
                        "party=\"client\" kid=\"key-1\" id=0123456789abcdef iat=1800000000 "
                        "exp=1800000600 keys=fresh age=42 took=3ms");
    assert_int_equal(seen.level, LOG_INFO);
}

static void refuse_line_ends_with_reason_and_detail(void **state)
{
    struct decision decision = decision_with(REASON_WRONG_PARTY);
    struct decision_place place = {"sshd", "alice", "", NULL, NULL, 0};
    struct seen seen;

    (void)state;
    text_set(&decision.detail, "issued to ");
    text_quote(&decision.detail, bytes_of("a\"b\n"));
    seen = logged(&decision, &place);
    assert_non_null(
        strstr(seen.line, "refuse service=\"sshd\" user=\"alice\" by=token tenant=main "));
    assert_non_null(
        strstr(seen.line, " took=0ms reason=wrong_party detail=\"issued to 'a\\x22b\\x0a'\""));
    assert_int_equal(seen.level, LOG_NOTICE);
}

static void what_is_not_known_is_left_out(void **state)
{
    struct decision decision = {.reason = REASON_NOT_A_TOKEN, .keys_age = -1};
    struct decision_place place = {"sshd", "hunter2", NULL, NULL, NULL, 0};
    struct seen seen = logged(&decision, &place);

    (void)state;
    assert_string_equal(seen.line,
                        "refuse service=\"sshd\" user=? by=token took=0ms reason=not_a_token");
}

static void user_is_named_where_the_account_exists(void **state)
{
    struct decision decision = {.reason = REASON_NOT_A_TOKEN, .account_exists = true};
    struct decision_place place = {"sshd", "al ice\"", NULL, NULL, NULL, 0};
    struct seen seen = logged(&decision, &place);

    (void)state;
    assert_non_null(strstr(seen.line, " user=\"al ice\\x22\" "));
}

static void no_field_can_be_forged(void **state)
{
    static const char evil[] = "x\" reason=accepted\naccept user=\"root\x1b[2J\xff";
    struct decision decision = decision_with(REASON_EXPIRED);
    struct decision_place place = {evil, evil, evil, evil, evil, 0};
    struct seen seen;
    const char *at;
    size_t outside = 0;

    (void)state;
    decision.facts.sub = bytes_of(evil);
    free(decision.kid);
    decision.kid = strdup(evil);
    seen = logged(&decision, &place);
    assert_null(strchr(seen.line, '\n'));
    assert_null(strchr(seen.line, '\x1b'));
    assert_int_equal(strncmp(seen.line, "refuse ", 7), 0);
    /* Between the quotes no quote of the attacker's is left: there is an even number, each after =
     * or at an end. */
    for (at = strstr(seen.line, " reason="); at != NULL; at = strstr(at + 1, " reason=")) {
        size_t quotes = 0;
        const char *c;

        for (c = seen.line; c < at; c++) {
            quotes += *c == '"';
        }
        if (quotes % 2 == 0) {
            assert_int_equal(strncmp(at, " reason=expired", 15), 0);
            outside++;
        }
    }
    assert_int_equal(outside, 1);
}

/* However long, a detail stays within its quotes, and holds nothing but printable ASCII. */
static void a_long_detail_keeps_its_quotes(void **state)
{
    struct decision decision = decision_with(REASON_CONFIG_ERROR);
    struct decision_place place = {"sshd", "alice", NULL, NULL, NULL, 0};
    struct seen seen;
    size_t i;

    (void)state;
    for (i = 0; i < TEXT_SIZE; i++) {
        text_add(&decision.detail, "%c", i % 2 == 0 ? 'x' : '\xc3');
    }
    seen = logged(&decision, &place);
    assert_int_equal(seen.line[strlen(seen.line) - 1], '"');
    assert_null(strchr(seen.line, '\xc3'));
}

static void old_keys_raise_the_level(void **state)
{
    struct decision decision = decision_with(REASON_ACCEPTED);
    struct decision_place place = {"sshd", "alice", NULL, NULL, NULL, 0};
    struct seen seen;

    (void)state;
    decision.keys = KEYS_STALE;
    decision.keys_age = 43201;
    seen = logged(&decision, &place);
    assert_int_equal(seen.level, LOG_WARNING);
    assert_non_null(strstr(seen.line, " keys=stale age=43201 "));
}

static void unset_verdict_is_internal(void **state)
{
    struct decision decision = {0};
    struct decision_place place = {"sshd", NULL, NULL, NULL, NULL, 0};
    struct seen seen = logged(&decision, &place);

    (void)state;
    assert_non_null(strstr(seen.line, "refuse "));
    assert_non_null(strstr(seen.line, "reason=internal"));
    assert_int_equal(seen.level, LOG_ERR);
}

static const char *told(struct text *message, struct decision decision, size_t answer, int64_t now)
{
    decision_message(&decision, answer, now, message);
    decision_free(&decision);
    return message->at;
}

static void messages_tell_why_after_a_good_signature(void **state)
{
    struct text message = {0};
    struct decision missing = decision_with(REASON_MISSING_PERMISSION);

    (void)state;
    missing.missing = "ssh:login";
    assert_string_equal(told(&message, decision_with(REASON_EXPIRED), 900, 1800000600 + 720),
                        "Your access token expired 12 minutes ago.");
    assert_string_equal(told(&message, decision_with(REASON_EXPIRED), 900, 1800000600 + 1),
                        "Your access token expired 1 second ago.");
    assert_string_equal(told(&message, decision_with(REASON_EXPIRED), 900, 1800000600 + 3 * 86400),
                        "Your access token expired 3 days ago.");
    assert_string_equal(told(&message, decision_with(REASON_NOT_YET_VALID), 900, 1800000000 - 90),
                        "Your access token becomes valid in 90 seconds; perhaps the clock of this "
                        "host is behind.");
    assert_string_equal(told(&message, missing, 900, 0),
                        "Your access token lacks \"ssh:login\", which this service requires.");
    assert_string_equal(told(&message, decision_with(REASON_WRONG_AUDIENCE), 900, 0),
                        "Your access token was issued for another audience, not for this host.");
    assert_string_equal(told(&message, decision_with(REASON_ACCEPTED), 900, 0), "");
}

/* For every length and every reason before the signature: the text is a function of the length. */
static void before_the_signature_only_the_length_counts(void **state)
{
    static const size_t lengths[] = {0,   1,   12,   254,  255,  256, 257,
                                     500, 511, 1000, 1023, 1024, 4095};
    size_t i;
    int reason;

    (void)state;
    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct text first = {0};
        struct decision base = {.reason = REASON_NOT_A_TOKEN};

        decision_message(&base, lengths[i], 0, &first);
        for (reason = 0; reason < REASON_COUNT; reason++) {
            struct decision other = {.reason = (enum reason)reason};
            struct text second = {0};

            if (reason != REASON_ACCEPTED) {
                decision_message(&other, lengths[i], 0, &second);
                assert_string_equal(first.at, second.at);
            }
        }
        assert_int_equal(first.len > 0, lengths[i] >= 255);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_line_has_every_field_in_order),
        cmocka_unit_test(refuse_line_ends_with_reason_and_detail),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(user_is_named_where_the_account_exists),
        cmocka_unit_test(no_field_can_be_forged),
        cmocka_unit_test(a_long_detail_keeps_its_quotes),
        cmocka_unit_test(old_keys_raise_the_level),
        cmocka_unit_test(unset_verdict_is_internal),
        cmocka_unit_test(messages_tell_why_after_a_good_signature),
        cmocka_unit_test(before_the_signature_only_the_length_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
