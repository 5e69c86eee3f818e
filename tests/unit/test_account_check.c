/*
 * The rules for accounts behind a passwd and a group database of this file's own, which can fail in
 * every way that NSS has; and the rules for names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "host/account_name.h"
#include "host/accounts.h"

/* --- the databases -------------------------------------------------------------------------- */

static const struct {
    const char *asked;
    const char *name;
    uid_t uid;
    gid_t gid;
} users[] = {
    {"alice", "alice", 1000, 100},  {"last", "last", 60000, 100},  {"below", "below", 999, 100},
    {"above", "above", 60001, 100}, {"root", "root", 0, 0},        {"toor", "toor", 0, 0},
    {"none", "none", (uid_t)-1, 1}, {"Folded", "folded", 1001, 1}, {"Big", "Big", 1002, 200},
};

/* What the next look-up returns before it works; how large a buffer it wants. */
static int error_once;
static int error_always;
static size_t wanted_size;
static int lookups;

static int answer(const char *name, struct passwd *entry, size_t size, struct passwd **result)
{
    static char text[64];
    size_t i;

    *result = NULL;
    lookups++;
    if (error_always != 0) {
        return error_always;
    }
    if (error_once != 0) {
        int error = error_once;

        error_once = 0;
        return error;
    }
    if (size < wanted_size) {
        return ERANGE;
    }
    for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        if (strcmp(users[i].asked, name) == 0) {
            snprintf(text, sizeof(text), "%s", users[i].name);
            *entry =
                (struct passwd){.pw_name = text, .pw_uid = users[i].uid, .pw_gid = users[i].gid};
            *result = entry;
            break;
        }
    }
    return 0;
}

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
               struct passwd **result)
{
    memset(buffer, 'x', size);
    return answer(name, entry, size, result);
}

static int group_error;

int getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
               struct group **result)
{
    static char names[][8] = {"wheel", "staff", "primary", "folded"};
    static const gid_t gids[] = {10, 20, 100, 10};
    size_t i;

    memset(buffer, 'x', size);
    *result = NULL;
    if (group_error != 0) {
        return group_error;
    }
    for (i = 0; i < 4; i++) {
        if (strcasecmp(names[i], name) == 0) {
            *entry = (struct group){.gr_name = names[i], .gr_gid = gids[i]};
            *result = entry;
        }
    }
    return 0;
}

/* alice is in 100 (primary) and 10; Big is in 1000 to 1099 and, as the last, 20. */
int getgrouplist(const char *user, gid_t primary, gid_t *groups, int *count)
{
    int big = strcmp(user, "Big") == 0;
    int total = big ? 102 : 2;
    int room = *count;
    int i;

    *count = total;
    if (room < total) {
        return -1;
    }
    groups[0] = primary;
    for (i = 1; i < total; i++) {
        groups[i] = big ? (gid_t)(1000 + i) : 10;
    }
    if (big) {
        groups[total - 1] = 20;
    }
    return total;
}

/* --- account_check -------------------------------------------------------------------------- */

static const struct config config = {.global = {.min_uid = 1000, .max_uid = 60000}};

static enum reason check(const char *user, enum account_match match, struct text *why)
{
    text_clear(why);
    return account_check(&config, user, match, why);
}

static void test_uids(void **state)
{
    static const struct {
        const char *user;
        bool made;    /* may a name that was made reach it? */
        bool pattern; /* a pattern line that writes the name out? */
        bool literal; /* a literal line? */
    } cases[] = {
        {"alice", true, true, true},     {"last", true, true, true},
        {"below", false, false, true},   {"above", false, false, true},
        {"root", false, false, true},    {"toor", false, false, true},
        {"none", false, false, false},   {"absent", false, false, false},
        {"folded", false, false, false}, {"Folded", false, false, false},
        {"Big", false, true, true},
    };
    struct text why = {0};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum reason made = check(cases[i].user, ACCOUNT_MATCH_MADE, &why);
        enum reason pattern = check(cases[i].user, ACCOUNT_MATCH_PATTERN, &why);
        enum reason literal = check(cases[i].user, ACCOUNT_MATCH_LITERAL, &why);

        assert_int_equal(made, cases[i].made ? REASON_ACCEPTED : REASON_ACCOUNT_REFUSED);
        assert_int_equal(pattern, cases[i].pattern ? REASON_ACCEPTED : REASON_ACCOUNT_REFUSED);
        assert_int_equal(literal, cases[i].literal ? REASON_ACCEPTED : REASON_ACCOUNT_REFUSED);
        assert_int_equal(check(cases[i].user, ACCOUNT_MATCH_NONE, &why), REASON_ACCOUNT_REFUSED);
        assert_int_equal(check(cases[i].user, (enum account_match)9, &why), REASON_ACCOUNT_REFUSED);
    }
}

/* uid 0 takes a literal line even where the range begins there. */
static void test_root_in_range(void **state)
{
    static const struct config wide = {.global = {.min_uid = 0, .max_uid = 4294967294}};
    struct text why = {0};

    (void)state;
    assert_int_equal(account_check(&wide, "root", ACCOUNT_MATCH_PATTERN, &why),
                     REASON_ACCOUNT_REFUSED);
    assert_int_equal(account_check(&wide, "root", ACCOUNT_MATCH_MADE, NULL),
                     REASON_ACCOUNT_REFUSED);
    assert_int_equal(account_check(&wide, "below", ACCOUNT_MATCH_MADE, &why), REASON_ACCEPTED);
    assert_int_equal(account_check(&wide, "none", ACCOUNT_MATCH_LITERAL, &why),
                     REASON_ACCOUNT_REFUSED);
}

/* A name that cannot be is never looked up, and never repeated in the detail. */
static void test_unsafe_names(void **state)
{
    static const char *const names[] = {"", "1000", "a b", "a/b", "a:b", "-a", "a\nb"};
    struct text why = {0};
    size_t i;

    (void)state;
    lookups = 0;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(check(names[i], ACCOUNT_MATCH_LITERAL, &why), REASON_ACCOUNT_REFUSED);
        assert_string_equal(why.at, "the name is empty, begins with -, is a number, or has "
                                    "white space, a control character, / or : in it: name "
                                    "another account");
    }
    assert_int_equal(check("a..b", ACCOUNT_MATCH_MADE, &why), REASON_ACCOUNT_REFUSED);
    assert_non_null(strstr(why.at, "[a-z_][a-z0-9_.-]{0,31}"));
    assert_int_equal(lookups, 0);
    assert_int_equal(check("secret-typed-by-mistake", ACCOUNT_MATCH_LITERAL, &why),
                     REASON_ACCOUNT_REFUSED);
    assert_null(strstr(why.at, "secret"));
    assert_int_equal(lookups, 1);
}

static void test_database_errors(void **state)
{
    static const struct {
        int error;
        enum reason reason;
    } cases[] = {
        {EINTR, REASON_ACCEPTED},        {ENOENT, REASON_ACCOUNT_REFUSED},
        {ESRCH, REASON_ACCOUNT_REFUSED}, {EBADF, REASON_ACCOUNT_REFUSED},
        {EPERM, REASON_ACCOUNT_REFUSED}, {ENOMEM, REASON_OUT_OF_MEMORY},
        {EIO, REASON_INTERNAL},          {EMFILE, REASON_INTERNAL},
        {ERANGE, REASON_ACCEPTED},
    };
    struct text why = {0};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        error_once = cases[i].error;
        assert_int_equal(check("alice", ACCOUNT_MATCH_LITERAL, &why), cases[i].reason);
    }
    wanted_size = 1000000;
    assert_int_equal(check("alice", ACCOUNT_MATCH_MADE, &why), REASON_ACCEPTED);
    wanted_size = 0;
    error_always = ERANGE;
    assert_int_equal(check("alice", ACCOUNT_MATCH_LITERAL, &why), REASON_INTERNAL);
    assert_string_equal(why.at, "the passwd database cannot be asked (Numerical result out of "
                                "range): see to the services that nsswitch.conf names for passwd");
    error_always = 0;
    fail_alloc_at(1);
    assert_int_equal(check("alice", ACCOUNT_MATCH_LITERAL, &why), REASON_OUT_OF_MEMORY);
    error_once = ERANGE;
    fail_alloc_at(2);
    assert_int_equal(check("alice", ACCOUNT_MATCH_LITERAL, &why), REASON_OUT_OF_MEMORY);
    assert_string_equal(why.at, "out of memory");
    fail_alloc_at(0);
}

/* Whatever the uid. */
static void test_exists(void **state)
{
    (void)state;
    assert_true(account_exists(&config, "alice"));
    assert_true(account_exists(&config, "root"));
    assert_true(account_exists(&config, "above"));
    assert_false(account_exists(&config, "absent"));
    assert_false(account_exists(&config, "folded"));
    assert_false(account_exists(&config, "a b"));
    assert_false(account_exists(&config, NULL));
}

/* --- account_exempt ------------------------------------------------------------------------- */

static bool exempt(const char *words, const char *user)
{
    struct strings list = {NULL, 0};
    struct bytes rest = bytes_of(words);
    bool found;

    while (rest.len > 0) {
        size_t end = bytes_find(rest, ' ');

        assert_true(strings_add(&list, bytes_first(rest, end)));
        rest = bytes_from(rest, end + 1);
    }
    found = account_exempt(&list, user);
    strings_free(&list);
    return found;
}

static void test_exempt(void **state)
{
    (void)state;
    assert_false(exempt("", "alice"));
    assert_true(exempt("alice", "alice"));
    assert_true(exempt("bob absent", "absent"));
    assert_false(exempt("alice", "alic"));
    assert_false(exempt("alice", "Alice"));
    assert_false(exempt("alice", ""));
    assert_true(exempt("%wheel", "alice"));
    assert_true(exempt("x %primary", "alice"));
    assert_false(exempt("%staff", "alice"));
    assert_true(exempt("%staff", "Big"));
    assert_true(exempt("%absent %wheel", "alice"));
    assert_false(exempt("%absent", "alice"));
    assert_false(exempt("%wheel", "absent"));
    assert_false(exempt("%wheel", "%wheel"));
    assert_false(exempt("wheel", "alice"));
    /* Databases that fold cases: only what was written counts. */
    assert_false(exempt("%wheel", "Folded"));
    assert_false(exempt("%WHEEL", "alice"));
}

static void test_exempt_failures(void **state)
{
    unsigned long n;

    (void)state;
    lookups = 0;
    assert_false(exempt("bob", "alice"));
    assert_true(exempt("alice %wheel", "alice"));
    assert_int_equal(lookups, 0); /* nothing is asked that need not be */
    group_error = EIO;
    assert_false(exempt("%wheel", "alice"));
    group_error = 0;
    error_once = EIO;
    assert_false(exempt("%wheel", "alice"));
    {
        char *items[] = {(char[]){"%staff"}};
        const struct strings list = {items, 1};

        for (n = 1; n <= 4; n++) {
            fail_alloc_at(n);
            assert_false(account_exempt(&list, "Big"));
            assert_true(fail_alloc_done());
        }
        fail_alloc_at(5);
        assert_true(account_exempt(&list, "Big"));
        assert_false(fail_alloc_done());
        fail_alloc_at(0);
    }
}

/* --- names ---------------------------------------------------------------------------------- */

static void test_names(void **state)
{
    static const struct {
        const char *name;
        bool safe;
        bool plain;
    } cases[] = {
        {"alice", true, true},
        {"_x", true, true},
        {"a", true, true},
        {"a.b-c_9", true, true},
        {"abcdefghijklmnopqrstuvwxyz012345", true, true},
        {"abcdefghijklmnopqrstuvwxyz0123456", true, false},
        {"", false, false},
        {"Alice", true, false},
        {"aLice", true, false},
        {"9a", true, false},
        {"-a", false, false},
        {".a", true, false},
        {"a.", true, false},
        {"a..b", true, false},
        {"..", true, false},
        {"a@b", true, false},
        {"a$", true, false},
        {"a b", false, false},
        {"a\tb", false, false},
        {"a\nb", false, false},
        {"a\x7f", false, false},
        {"a/b", false, false},
        {"a:b", false, false},
        {"0", false, false},
        {"1000", false, false},
        {"\xc3\xa4", true, false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (account_name_is_safe(bytes_of(cases[i].name)) != cases[i].safe ||
            account_name_is_plain(bytes_of(cases[i].name)) != cases[i].plain) {
            print_error("name: %s\n", cases[i].name);
        }
        assert_int_equal(account_name_is_safe(bytes_of(cases[i].name)), cases[i].safe);
        assert_int_equal(account_name_is_plain(bytes_of(cases[i].name)), cases[i].plain);
    }
    assert_false(account_name_is_plain((struct bytes){(const uint8_t *)"a\0b", 3}));
    assert_false(account_name_is_safe((struct bytes){(const uint8_t *)"a\0b", 3}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uids),
        cmocka_unit_test(test_root_in_range),
        cmocka_unit_test(test_unsafe_names),
        cmocka_unit_test(test_database_errors),
        cmocka_unit_test(test_exists),
        cmocka_unit_test(test_exempt),
        cmocka_unit_test(test_exempt_failures),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
