/*
 * The accounts file: which lines let whom be whom, which are malformed and where, machine tokens,
 * the account claim, files that are missing or unsafe, memory that runs out.
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
#include <unistd.h>

#include <cmocka.h>

#include "claim_token.h"
#include "config_text.h"
#include "fail_alloc.h"
#include "host/accounts.h"

static struct scratch scratch;
static struct config *one; /* tenant main */
static struct config *two; /* tenants main and other */

/* --- asking --------------------------------------------------------------------------------- */

struct ask {
    const char *lines;
    const char *sub; /* as in JSON */
    const char *user;
    enum account_match match; /* NONE: not mapped */
    const char *more;         /* claims */
};

static void run(const struct config *config, const struct ask *ask)
{
    enum account_match match = ACCOUNT_MATCH_LITERAL;
    struct access_token token;
    struct text why = {0};
    enum reason r;
    enum reason expected =
        ask->match == ACCOUNT_MATCH_NONE ? REASON_ACCOUNT_NOT_MAPPED : REASON_ACCEPTED;

    scratch_write(&scratch, "accounts", ask->lines);
    claim_token_make(&config->tenant[0], ask->sub, ask->more != NULL ? ask->more : "", &token);
    r = accounts_map(config, &config->tenant[0], &token, ask->user, &match, &why);
    if (r != expected || match != ask->match) {
        print_error("%s as %s with\n%s\n%s, match %d: %s\n", ask->sub, ask->user, ask->lines,
                    reason_name(r), (int)match, why.at);
    }
    assert_int_equal(r, expected);
    assert_int_equal(match, ask->match);
    claim_token_drop(&token);
}

static void run_all(const struct ask *asks, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        run(one, &asks[i]);
    }
}

#define RUN(asks) run_all(asks, sizeof(asks) / sizeof((asks)[0]))
#define NONE ACCOUNT_MATCH_NONE
#define MADE ACCOUNT_MATCH_MADE
#define PATTERN ACCOUNT_MATCH_PATTERN
#define LITERAL ACCOUNT_MATCH_LITERAL

static void test_literal_lines(void **state)
{
    static const struct ask asks[] = {
        {"", "auth0|a", "alice", NONE, NULL},
        {"# main auth0|a alice\n\n", "auth0|a", "alice", NONE, NULL},
        {"main auth0|a alice\n", "auth0|a", "alice", LITERAL, NULL},
        {"main auth0|a alice", "auth0|a", "alice", LITERAL, NULL},
        {" \tmain\tauth0|a  \t alice \t\n", "auth0|a", "alice", LITERAL, NULL},
        {"* auth0|a alice\n", "auth0|a", "alice", LITERAL, NULL},
        {"main auth0|a alice\n", "auth0|a", "bob", NONE, NULL},
        {"main auth0|a alice\n", "auth0|b", "alice", NONE, NULL},
        {"main auth0|a alice\n", "auth0|ab", "alice", NONE, NULL},
        {"main auth0|ab alice\n", "auth0|a", "alice", NONE, NULL},
        {"main auth0|a alice\n", "auth0|A", "alice", NONE, NULL},
        {"main auth0|a Alice\n", "auth0|a", "alice", NONE, NULL},
        {"main auth0|a alice\n", "auth0|a", "", NONE, NULL},
        {"main auth0|a alice\n", "auth0|a", "alice ", NONE, NULL},
        {"main auth0|a alice\nmain auth0|a bob\n", "auth0|a", "bob", LITERAL, NULL},
        {"main auth0|a alice\nmain auth0|b alice\n", "auth0|b", "alice", LITERAL, NULL},
        {"main auth0|a root\n", "auth0|a", "root", LITERAL, NULL},
        /* Bytes, not characters: two spellings of the same letter are two names. */
        {"main caf\xc3\xa9 alice\n", "cafe\\u0301", "alice", NONE, NULL},
        {"main caf\xc3\xa9 alice\n", "caf\\u00e9", "alice", LITERAL, NULL},
        /* A subject that looks like a comment, a section or an option is a subject. */
        {"main #a alice\n", "#a", "alice", LITERAL, NULL},
        {"main [a]=b alice\n", "[a]=b", "alice", LITERAL, NULL},
        {"main .* alice\n", "auth0|a", "alice", NONE, NULL},
        {"main auth0|a? alice\n", "auth0|ab", "alice", NONE, NULL},
    };

    (void)state;
    RUN(asks);
}

static void test_escapes(void **state)
{
    static const struct ask asks[] = {
        {"main a\\ b alice\n", "a b", "alice", LITERAL, NULL},
        {"main \\a\\b alice\n", "ab", "alice", LITERAL, NULL},
        {"main a\\\\b alice\n", "a\\\\b", "alice", LITERAL, NULL},
        {"main a\\* alice\n", "a*", "alice", LITERAL, NULL},
        {"main a\\* alice\n", "ab", "alice", NONE, NULL},
        {"main \\*\\* alice\n", "**", "alice", LITERAL, NULL},
        {"main a al\\ice\n", "a", "alice", LITERAL, NULL},
        {"main a x\\*\n", "a", "x*", LITERAL, NULL},
        {"main a\\ * *\n", "a bob", "bob", MADE, NULL},
        {"main a\\\\* *\n", "a\\\\bob", "bob", MADE, NULL},
        {"main *\\*x *\\*y\n", "bob*x", "bob*y", MADE, NULL},
        {"main *\\*x *\\*y\n", "bobx", "boby", NONE, NULL},
        {"main a\\* x\\*\n", "ab", "xb", NONE, NULL},
        {"main a\\* x\\*\n", "a*", "x*", LITERAL, NULL},
    };

    (void)state;
    RUN(asks);
}

static void test_patterns(void **state)
{
    static const struct ask asks[] = {
        {"main waad|*@example.com *\n", "waad|bob@example.com", "bob", MADE, NULL},
        {"main waad|*@example.com *\n", "waad|bob@example.com", "alice", NONE, NULL},
        {"main waad|*@example.com *\n", "waad|@example.com", "", NONE, NULL},
        {"main waad|*@example.com *\n", "waad|bob@example.com.evil", "bob", NONE, NULL},
        {"main waad|*@example.com *\n", "xwaad|bob@example.com", "bob", NONE, NULL},
        {"main waad|*@example.com *\n", "waad|bob@EXAMPLE.com", "bob", NONE, NULL},
        {"main waad|*@example.com *\n", "waad|a@example.com@example.com", "a@example.com", MADE,
         NULL},
        {"main waad|* u_*_x\n", "waad|bob", "u_bob_x", MADE, NULL},
        {"main waad|* u_*_x\n", "waad|bob", "u_alice_x", NONE, NULL},
        {"main waad|* u_*_x\n", "waad|bob", "u_bob_", NONE, NULL},
        {"main waad|* shared\n", "waad|bob", "shared", PATTERN, NULL},
        {"main waad|* shared\n", "waad|", "shared", NONE, NULL},
        {"main * *\n", "bob", "bob", MADE, NULL},
        {"main * *\n", "root", "root", MADE, NULL},
        {"main * *\n", "../etc", "../etc", MADE, NULL}, /* account_check refuses the name */
        /* Prefix and suffix never share bytes. */
        {"main ab*ba *\n", "aba", "a", NONE, NULL},
        {"main ab*ba *\n", "abba", "", NONE, NULL},
        {"main ab*ba *\n", "abxba", "x", MADE, NULL},
        /* The best of all lines counts, in whatever order. */
        {"main * *\nmain bob bob\nmain b* bob\n", "bob", "bob", LITERAL, NULL},
        {"main bob bob\nmain * *\n", "bob", "bob", LITERAL, NULL},
        {"main * *\nmain b* bob\nmain bo* *\n", "bob", "bob", PATTERN, NULL},
    };

    (void)state;
    RUN(asks);
}

static void test_tenants(void **state)
{
    static const struct ask asks[] = {
        {"other auth0|a alice\n", "auth0|a", "alice", NONE, NULL},
        {"other auth0|a alice\nmain auth0|a alice\n", "auth0|a", "alice", LITERAL, NULL},
        {"other * *\nmain auth0|a alice\n", "bob", "bob", NONE, NULL},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        run(two, &asks[i]);
    }
}

static void test_machines(void **state)
{
    static const char *const signs[][2] = {
        {"svc@clients", ""},
        {"svc", ",\"gty\":\"client-credentials\""},
        {"svc", ",\"gty\":[\"x\",\"client-credentials\"]"},
        {"svc", ",\"azp\":\"svc\""},
        {"svc", ",\"client_id\":\"svc\""},
        {"svc", ",\"sub_profile\":\"agent\""},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        const char *sub = signs[i][0];
        const char *more = signs[i][1];
        const struct ask asks[] = {
            {"main svc deploy\nmain svc@clients deploy\n", sub, "deploy", LITERAL, more},
            {"main svc* deploy\n", sub, "deploy", NONE, more},
            {"main * *\n", sub, sub, NONE, more},
            {"main * *\nmain s* deploy\nmain svc deploy\nmain svc@clients deploy\n", sub, "deploy",
             LITERAL, more},
        };

        RUN(asks);
    }
    {
        static const struct ask people[] = {
            {"main * *\n", "bob", "bob", MADE, ",\"gty\":\"refresh_token\""},
            {"main * *\n", "bob", "bob", MADE, ",\"sub_profile\":\"user\""},
            {"main * *\n", "bob", "bob", MADE, ",\"azp\":\"app\""},
        };

        RUN(people);
    }
}

static void test_account_claim(void **state)
{
    static const char text[] = TENANT "account_claim = https://n.test/account\n" SERVICE;
    static const struct ask asks[] = {
        {"", "auth0|a", "alice", MADE, ",\"https://n.test/account\":\"alice\""},
        {"", "auth0|a", "bob", NONE, ",\"https://n.test/account\":\"alice\""},
        {"", "auth0|a", "", NONE, ",\"https://n.test/account\":\"\""},
        {"", "auth0|a", "alice", NONE, ",\"https://n.test/account\":[\"alice\"]"},
        {"", "auth0|a", "alice", NONE, ",\"account\":\"alice\""},
        {"", "auth0|a", "alice", NONE, NULL},
        {"", "svc@clients", "alice", NONE, ",\"https://n.test/account\":\"alice\""},
        {"main auth0|a alice\n", "auth0|a", "alice", LITERAL,
         ",\"https://n.test/account\":\"alice\""},
        {"main auth0|a alice\n", "auth0|a", "bob", MADE, ",\"https://n.test/account\":\"bob\""},
        {"main auth0|* alice\n", "auth0|a", "alice", PATTERN,
         ",\"https://n.test/account\":\"alice\""},
    };
    struct text full = {0};
    struct config *config;
    char path[SCRATCH_PATH];
    size_t i;

    (void)state;
    scratch_path(&scratch, "accounts", path);
    scratch_write(&scratch, "accounts", "");
    text_set(&full, "[global]\naccounts_file = %s\n%s", path, text);
    config = config_text_good(&scratch, full.at);
    for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        run(config, &asks[i]);
    }
    config_free(&config);
    /* Without the option the claim counts for nothing. */
    run(one, &(struct ask){"", "auth0|a", "alice", NONE, ",\"https://n.test/account\":\"alice\""});
}

/* --- malformed files ------------------------------------------------------------------------ */

static void assert_malformed(const struct config *config, const char *complaint)
{
    enum account_match match = ACCOUNT_MATCH_LITERAL;
    struct access_token token;
    struct text why = {0};
    struct text begin = {0};
    enum reason r;

    claim_token_make(&config->tenant[0], "auth0|a", "", &token);
    text_set(&begin, "%s/accounts%s", scratch.path, complaint);
    r = accounts_map(config, &config->tenant[0], &token, "alice", &match, &why);
    if (r != REASON_CONFIG_ERROR || strncmp(why.at, begin.at, begin.len) != 0) {
        print_error("wanted: %s\n   got: %s\n", begin.at, why.at);
    }
    assert_int_equal(r, REASON_CONFIG_ERROR);
    assert_int_equal(match, ACCOUNT_MATCH_NONE);
    assert_memory_equal(why.at, begin.at, begin.len);
    claim_token_drop(&token);
}

static void test_malformed(void **state)
{
#define GOOD "main auth0|a alice\n"
    static const struct {
        const char *lines;
        const char *complaint;
    } cases[] = {
        {GOOD "main\n", ":2: the line has fewer than three columns"},
        {GOOD "main auth0|a\n", ":2: the line has fewer than three columns"},
        {GOOD "main auth0|a a b\n", ":2: the line has more than three columns"},
        {GOOD "main auth0|a alice # me\n", ":2: the line has more than three columns"},
        {GOOD "main auth0|a a \\\n", ":2: the line has more than three columns"},
        {GOOD "main auth0|a a\\\n", ":2: \\ stands at the end and takes nothing"},
        {GOOD "main auth0|a\\ alice\n", ":2: the line has fewer than three columns"},
        {GOOD "main a** b\n", ":2: there is more than one * in a column"},
        {GOOD "main *a* b\n", ":2: there is more than one * in a column"},
        {GOOD "main \\a*a* b\n", ":2: there is more than one * in a column"},
        {GOOD "main * **\n", ":2: there is more than one * in a column"},
        {GOOD "main * *\\a*\n", ":2: there is more than one * in a column"},
        {GOOD "main a *\n", ":2: the third column has a * that the second has not"},
        {GOOD "main \\* *\n", ":2: the third column has a * that the second has not"},
        {GOOD "Main auth0|a alice\n", ":2: the first column names no tenant"},
        {GOOD "\\main auth0|a alice\n", ":2: the first column names no tenant"},
        {GOOD "\\* auth0|a alice\n", ":2: the first column names no tenant"},
        {GOOD "ma* auth0|a alice\n", ":2: the first column names no tenant"},
        {GOOD "other auth0|a alice\n", ":2: the first column names no tenant"},
        {GOOD "main auth0|b bob\r\n", ":2: the line ends in CR LF"},
        {GOOD "main auth0|\001 bob\n", ":2: there is a control character"},
        {GOOD "main auth0|b b\x7f\n", ":2: there is a control character"},
        {GOOD "#\033\n", ":2: there is a control character"},
        {"\xef\xbb\xbf" GOOD, ":1: the file begins with a byte order mark"},
        {"\n\n# x\nmain\n" GOOD, ":4: the line has fewer than three columns"},
    };
    static const char nul[] = GOOD "main auth0|b\0 bob\n";
    char line[5000];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scratch_write(&scratch, "accounts", cases[i].lines);
        assert_malformed(one, cases[i].complaint);
    }
    scratch_write_bytes(&scratch, "accounts", nul, sizeof(nul) - 1);
    assert_malformed(one, ":2: there is a control character");
    scratch_write(&scratch, "accounts", "* auth0|a alice\n");
    assert_malformed(two, ":1: * stands for the tenant where there is not exactly one: name it");

    memset(line, 'x', sizeof(line));
    memcpy(line, "main ", 5);
    memcpy(line + 4096 - 6, " alice\n", 8);
    scratch_write(&scratch, "accounts", line);
    run(one, &(struct ask){line, "auth0|a", "alice", NONE, NULL});
    memcpy(line + 4096 - 5, " alice\n", 8);
    scratch_write(&scratch, "accounts", line);
    assert_malformed(one, ":1: the line is longer than 4096 bytes");
}

static void test_files(void **state)
{
    struct config *config = config_text_good(&scratch, BASE);
    char path[SCRATCH_PATH];

    (void)state;
    scratch_path(&scratch, "accounts", path);
    scratch_write(&scratch, "accounts", "main auth0|a alice\n");
    scratch_mode(&scratch, "accounts", 0666);
    assert_malformed(one, " can be written by group or others");
    scratch_write(&scratch, "accounts", "");
    assert_int_equal(truncate(path, 64L * 1024 * 1024 + 1), 0);
    assert_malformed(one, " is larger than 67108864 bytes");
    scratch_unlink(&scratch, "accounts");
    {
        enum account_match match;
        struct access_token token;
        struct text why = {0};

        /* Named, it must exist; in its default place a missing one is empty. */
        claim_token_make(&one->tenant[0], "auth0|a", "", &token);
        assert_int_equal(accounts_map(one, &one->tenant[0], &token, "alice", &match, &why),
                         REASON_CONFIG_ERROR);
        assert_non_null(strstr(why.at, "/accounts does not exist: create it"));
        free(config->global.accounts_file);
        config->global.accounts_file = bytes_to_string(bytes_of(path));
        assert_int_equal(accounts_map(config, &config->tenant[0], &token, "alice", &match, &why),
                         REASON_ACCOUNT_NOT_MAPPED);
        assert_int_equal(accounts_map(config, &config->tenant[0], &token, "alice", &match, NULL),
                         REASON_ACCOUNT_NOT_MAPPED);
        claim_token_drop(&token);
    }
    config_free(&config);
}

/* The largest file that is allowed, a line of a million at its end. */
static void test_large_file(void **state)
{
    static const char line[] = "main auth0|5f7c8ec7c33c6c004bbafe82 somebody-else-entirely-1234\n";
    size_t len = sizeof(line) - 1;
    size_t count = 4 * 1024 * 1024 / len;
    char *text = malloc(count * len + 64);
    size_t i;

    (void)state;
    assert_non_null(text);
    for (i = 0; i < count; i++) {
        memcpy(text + i * len, line, len);
    }
    memcpy(text + count * len, "main auth0|a alice\n", 20);
    run(one, &(struct ask){text, "auth0|a", "alice", LITERAL, NULL});
    memcpy(text + count * len, "main auth0|a alice x\n", 22);
    scratch_write(&scratch, "accounts", text);
    snprintf(text, 64, ":%zu: the line has more than three columns", count + 1);
    assert_malformed(one, text);
    free(text);
}

static void test_out_of_memory(void **state)
{
    struct access_token token;
    unsigned long n;

    (void)state;
    scratch_write(&scratch, "accounts", "main auth0|a alice\n");
    claim_token_make(&one->tenant[0], "auth0|a", "", &token);
    for (n = 1; n < 100; n++) {
        enum account_match match = ACCOUNT_MATCH_LITERAL;
        enum reason r;
        bool failed;

        fail_alloc_at(n);
        r = accounts_map(one, &one->tenant[0], &token, "alice", &match, NULL);
        failed = fail_alloc_done();
        fail_alloc_at(0);
        if (!failed) {
            assert_int_equal(r, REASON_ACCEPTED);
            break;
        }
        assert_int_equal(r, REASON_OUT_OF_MEMORY);
        assert_int_equal(match, ACCOUNT_MATCH_NONE);
    }
    assert_in_range(n, 2, 99);
    claim_token_drop(&token);
}

/* --- each line ------------------------------------------------------------------------------ */

struct seen {
    size_t count;
    size_t stop_at;
    struct text text;
};

static void see_column(struct text *text, const struct map_column *column)
{
    text_add(text, " %.*s%s%.*s", (int)column->before.len, (const char *)column->before.ptr,
             column->star ? "<*>" : "", (int)column->after.len, (const char *)column->after.ptr);
    text_add(text, "(%.*s)", (int)column->written.len, (const char *)column->written.ptr);
}

static bool see(void *context, const struct map_line *line, size_t number)
{
    struct seen *seen = context;

    text_add(&seen->text, "%zu %.*s", number, (int)line->tenant.len,
             (const char *)line->tenant.ptr);
    see_column(&seen->text, &line->left);
    see_column(&seen->text, &line->right);
    text_add(&seen->text, ";");
    seen->count++;
    return seen->count != seen->stop_at;
}

static void test_each(void **state)
{
    struct seen seen = {0};
    struct text why = {0};

    (void)state;
    scratch_write(&scratch, "accounts", "# c\nmain a\\ b al\\ice\nmain w\\ * *\nmain x* y\\z\n");
    assert_int_equal(accounts_each(one, see, &seen, &why), REASON_ACCEPTED);
    assert_string_equal(seen.text.at, "2 main a b(a\\ b) alice(al\\ice);"
                                      "3 main w <*>(w\\ *) <*>(*);4 main x<*>(x*) yz(y\\z);");
    seen = (struct seen){.stop_at = 1};
    assert_int_equal(accounts_each(one, see, &seen, &why), REASON_ACCEPTED);
    assert_int_equal(seen.count, 1);
    scratch_write(&scratch, "accounts", "main a b\nmain\n");
    assert_int_equal(accounts_each(one, see, &seen, &why), REASON_CONFIG_ERROR);
}

static int set_up(void **state)
{
    struct text text = {0};

    (void)state;
    scratch_make(&scratch);
    scratch_write(&scratch, "accounts", "");
    text_set(&text, "[global]\naccounts_file = %s/accounts\n" BASE, scratch.path);
    one = config_text_good(&scratch, text.at);
    text_add(&text, "[tenant other]\nissuer = https://other.test/\naudience = a\n"
                    "authorized_parties = *\n");
    two = config_text_good(&scratch, text.at);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    config_free(&one);
    config_free(&two);
    scratch_remove(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literal_lines), cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_patterns),      cmocka_unit_test(test_tenants),
        cmocka_unit_test(test_machines),      cmocka_unit_test(test_account_claim),
        cmocka_unit_test(test_malformed),     cmocka_unit_test(test_files),
        cmocka_unit_test(test_large_file),    cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_each),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
