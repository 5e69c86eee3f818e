/*
 * The small things that all else stands on: spans, lists, text, quoting, the log, the reasons, the
 * wiping.
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
#include <syslog.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/reason.h"
#include "base/strings.h"
#include "base/text.h"
#include "base/wipe.h"
#include "fail_alloc.h"

static const struct bytes none = {NULL, 0};

static void test_cutting(void **state)
{
    struct bytes abc = bytes_of("abc");

    (void)state;
    assert_int_equal(bytes_of(NULL).len, 0);
    assert_true(bytes_equal_string(bytes_from(abc, 0), "abc"));
    assert_true(bytes_equal_string(bytes_from(abc, 2), "c"));
    assert_int_equal(bytes_from(abc, 3).len, 0);
    assert_int_equal(bytes_from(abc, SIZE_MAX).len, 0);
    assert_int_equal(bytes_from(none, 0).len, 0);
    assert_true(bytes_equal_string(bytes_first(abc, 2), "ab"));
    assert_true(bytes_equal_string(bytes_first(abc, SIZE_MAX), "abc"));
    assert_int_equal(bytes_first(none, 5).len, 0);
    assert_int_equal(bytes_find(abc, 'c'), 2);
    assert_int_equal(bytes_find(abc, 'x'), 3);
    assert_int_equal(bytes_find(none, 0), 0);
    assert_true(bytes_equal_string(bytes_trim(bytes_of(" \t\r\n\v\fa b\n ")), "a b"));
    assert_int_equal(bytes_trim(bytes_of("  ")).len, 0);
    assert_int_equal(bytes_trim(none).len, 0);
    assert_true(bytes_equal_string(bytes_trim(bytes_of("\xa0x")), "\xa0x"));
}

static void test_comparing(void **state)
{
    struct bytes with_nul = {(const uint8_t *)"a\0b", 3};

    (void)state;
    assert_true(bytes_equal(none, bytes_of("")));
    assert_false(bytes_equal(bytes_of("a"), none));
    assert_false(bytes_equal_string(with_nul, "a"));
    assert_false(bytes_equal_string(bytes_of("a"), "ab"));
    assert_true(bytes_equal_string_nocase(bytes_of("At+JWT"), "aT+jwt"));
    assert_false(bytes_equal_string_nocase(bytes_of("@"), "`"));
    assert_false(bytes_equal_string_nocase(bytes_of("["), "{"));
    assert_false(bytes_equal_string_nocase(bytes_of("\xc4"), "\xe4"));
    assert_false(bytes_equal_string_nocase(bytes_of("ab"), "a"));
    assert_true(bytes_begin_with(bytes_of("abc"), "ab"));
    assert_true(bytes_begin_with(bytes_of("abc"), ""));
    assert_false(bytes_begin_with(bytes_of("a"), "ab"));
    assert_false(bytes_begin_with(none, "a"));
    assert_true(bytes_end_with(bytes_of("abc"), "bc"));
    assert_true(bytes_end_with(bytes_of("abc"), "abc"));
    assert_true(bytes_end_with(bytes_of("abc"), ""));
    assert_false(bytes_end_with(bytes_of("c"), "bc"));
    assert_false(bytes_end_with(none, "c"));
}

static void test_copying(void **state)
{
    struct blob blob;
    char *string = bytes_to_string(bytes_of("abc"));

    (void)state;
    assert_string_equal(string, "abc");
    free(string);
    string = bytes_to_string(none);
    assert_string_equal(string, "");
    free(string);
    assert_null(bytes_to_string((struct bytes){(const uint8_t *)"a\0b", 3}));
    assert_true(blob_copy(&blob, bytes_of("abc")));
    assert_int_equal(blob.len, 3);
    assert_int_equal(blob.ptr[3], 0);
    blob_free(&blob);
    assert_null(blob.ptr);
    assert_int_equal(blob.len, 0);
    blob_free(&blob);
    assert_true(blob_new(&blob, 0));
    assert_non_null(blob.ptr);
    blob_free(&blob);
    assert_false(blob_new(&blob, SIZE_MAX));
    assert_null(blob.ptr);
    fail_alloc_at(1);
    assert_false(blob_copy(&blob, bytes_of("abc")));
    assert_null(blob.ptr);
    fail_alloc_at(1);
    assert_null(bytes_to_string(bytes_of("abc")));
    fail_alloc_at(0);
}

static void test_strings(void **state)
{
    struct strings list = {NULL, 0};
    unsigned long n;

    (void)state;
    assert_false(strings_contain(&list, bytes_of("")));
    assert_true(strings_add(&list, bytes_of("one")));
    assert_true(strings_add(&list, none));
    assert_int_equal(list.count, 2);
    assert_true(strings_contain(&list, bytes_of("one")));
    assert_true(strings_contain(&list, none));
    assert_false(strings_contain(&list, bytes_of("on")));
    assert_false(strings_contain(&list, bytes_of("One")));
    assert_false(strings_add(&list, (struct bytes){(const uint8_t *)"a\0", 2}));
    for (n = 1; n <= 2; n++) {
        fail_alloc_at(n);
        assert_false(strings_add(&list, bytes_of("two")));
        assert_true(fail_alloc_done());
        assert_int_equal(list.count, 2);
    }
    fail_alloc_at(0);
    strings_free(&list);
    assert_null(list.item);
    assert_int_equal(list.count, 0);
    strings_free(&list);
}

static void test_text(void **state)
{
    struct text text = {0};
    char large[TEXT_SIZE + 10];

    (void)state;
    text_set(&text, "%s-%d", "a", 7);
    assert_string_equal(text.at, "a-7");
    assert_int_equal(text.len, 3);
    text_add(&text, "%c", 'x');
    assert_string_equal(text.at, "a-7x");
    memset(large, 'y', sizeof(large));
    large[TEXT_SIZE - 1] = '\0';
    text_set(&text, "%s", large);
    assert_false(text.cut);
    assert_int_equal(text.len, TEXT_SIZE - 1);
    text_add(&text, "%s", "");
    assert_false(text.cut);
    text_add(&text, "%s", "z");
    assert_true(text.cut);
    assert_int_equal(strlen(text.at), TEXT_SIZE - 1);
    large[TEXT_SIZE - 1] = 'y';
    large[TEXT_SIZE] = '\0';
    text_set(&text, "%s", large);
    assert_true(text.cut);
    assert_int_equal(text.len, TEXT_SIZE - 1);
    assert_int_equal(text.at[TEXT_SIZE - 1], 0);
    text_clear(&text);
    assert_string_equal(text.at, "");
    assert_false(text.cut);
}

static void quoted(struct bytes foreign, const char *expected)
{
    struct text text = {0};

    text_quote(&text, foreign);
    assert_string_equal(text.at, expected);
}

static void test_quote(void **state)
{
    struct text text = {0};
    char large[300];
    int byte;

    (void)state;
    quoted(none, "\"\"");
    quoted(bytes_of("a b=c"), "\"a b=c\"");
    quoted(bytes_of("a\"b\\c\n\033[2J\x7f\xc3\xa4%s"),
           "\"a\\x22b\\x5cc\\x0a\\x1b[2J\\x7f\\xc3\\xa4%s\"");
    quoted((struct bytes){(const uint8_t *)"a\0b", 3}, "\"a\\x00b\"");
    for (byte = 0; byte < 256; byte++) {
        uint8_t one = (uint8_t)byte;
        size_t i;

        text_clear(&text);
        text_quote(&text, (struct bytes){&one, 1});
        for (i = 0; i < text.len; i++) {
            assert_in_range(text.at[i], 0x20, 0x7e);
        }
        assert_true(text.at[0] == '"' && text.at[text.len - 1] == '"');
        assert_null(memchr(text.at + 1, '"', text.len - 2));
    }
    memset(large, 'a', sizeof(large));
    text_clear(&text);
    text_quote(&text, (struct bytes){(const uint8_t *)large, sizeof(large)});
    assert_int_equal(text.len, TEXT_QUOTE_MAX + 2);
    /* An escape is never cut in two. */
    memset(large + 126, '\n', 100);
    text_clear(&text);
    text_quote(&text, (struct bytes){(const uint8_t *)large, sizeof(large)});
    assert_int_equal(text.len, 126 + 2);
}

static void test_nobody_wants_to_know(void **state)
{
    (void)state;
    text_clear(NULL);
    text_set(NULL, "%d", 1);
    text_add(NULL, "%d", 1);
    text_quote(NULL, bytes_of("a"));
    text_add_quoted(NULL, "a ", bytes_of("b"));
    text_add_duration(NULL, 1);
}

static void test_add_quoted(void **state)
{
    struct text text = {0};

    (void)state;
    text_set(&text, "it ");
    text_add_quoted(&text, "%s is ", bytes_of("a\"b"));
    assert_string_equal(text.at, "it %s is \"a\\x22b\"");
}

static void test_durations(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {-1e300, "0 seconds"},
        {-1, "0 seconds"},
        {0, "0 seconds"},
        {0.9, "0 seconds"},
        {1, "1 second"},
        {1.9, "1 second"},
        {2, "2 seconds"},
        {119.9, "119 seconds"},
        {120, "2 minutes"},
        {179, "2 minutes"},
        {7199, "119 minutes"},
        {7200, "2 hours"},
        {172799, "47 hours"},
        {172800, "2 days"},
        {86400.0 * 365, "365 days"},
        {1e15, "11574074074 days"},
        {1e300, "11574074074 days"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text = {0};

        text_add_duration(&text, cases[i].seconds);
        assert_string_equal(text.at, cases[i].text);
    }
}

struct heard {
    int count;
    int level;
    size_t length;
    char line[64];
};

static void hear(void *context, int level, const char *line)
{
    struct heard *heard = context;

    heard->count++;
    heard->level = level;
    heard->length = strlen(line);
    snprintf(heard->line, sizeof(heard->line), "%s", line);
}

static void test_log(void **state)
{
    struct heard heard = {0, 0, 0, ""};
    struct log log = {hear, &heard, false};
    const struct log silent = {NULL, NULL, true};
    char large[TEXT_SIZE + 10];

    (void)state;
    log_line(&log, LOG_NOTICE, "%d %s", 1, "a");
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.level, LOG_NOTICE);
    assert_string_equal(heard.line, "1 a");
    log_line(&log, LOG_DEBUG, "b");
    assert_int_equal(heard.count, 1);
    log.debug = true;
    log_line(&log, LOG_DEBUG, "b");
    assert_int_equal(heard.count, 2);
    log_line(NULL, LOG_ERR, "c");
    log_line(&silent, LOG_ERR, "c");
    assert_int_equal(heard.count, 2);
    memset(large, 'y', sizeof(large));
    large[TEXT_SIZE + 9] = '\0';
    log_line(&log, LOG_ERR, "%s", large);
    assert_int_equal(heard.length, TEXT_SIZE - 1);
}

static void test_reasons(void **state)
{
    int reason;

    (void)state;
    assert_int_equal(REASON_INTERNAL, 0);
    for (reason = 0; reason < REASON_COUNT; reason++) {
        const char *name = reason_name((enum reason)reason);
        int level = reason_level((enum reason)reason);

        assert_true(name[0] != '\0');
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        assert_non_null(reason_text((enum reason)reason));
        assert_non_null(reason_check((enum reason)reason));
        assert_true(level == LOG_INFO || level == LOG_NOTICE || level == LOG_ERR);
        assert_true((level == LOG_INFO) == (reason == REASON_ACCEPTED));
    }
    assert_string_equal(reason_name(REASON_ACCEPTED), "accepted");
    assert_string_equal(reason_name(REASON_ID_TOKEN), reason_name(REASON_WRONG_TYPE));
    assert_string_equal(reason_name(REASON_COUNT), "internal");
    assert_string_equal(reason_name((enum reason) - 1), "internal");
    assert_string_equal(reason_text(REASON_BAD_SIGNATURE), "");
    assert_string_not_equal(reason_text(REASON_EXPIRED), "");
}

/* Looks at what is freed. */
static const uint8_t *watched;
static size_t watched_len;
static int frees;
static int dirty;

void __real_free(void *ptr);
void __wrap_free(void *ptr);

void __wrap_free(void *ptr)
{
    size_t i;

    if (ptr != NULL && ptr == watched) {
        frees++;
        for (i = 0; i < watched_len; i++) {
            dirty += watched[i] != 0;
        }
        watched = NULL;
    }
    __real_free(ptr);
}

static void watch(const void *ptr, size_t len)
{
    assert_non_null(ptr);
    watched = ptr;
    watched_len = len;
}

static void test_wiping(void **state)
{
    struct blob blob;
    char *string = bytes_to_string(bytes_of("secret"));
    char *plain = bytes_to_string(bytes_of("secret"));

    (void)state;
    wipe_free(NULL, 5);
    wipe_free_string(NULL);
    assert_int_equal(frees, 0);
    watch(plain, 6);
    free(plain);
    assert_int_equal(frees, 1);
    assert_int_equal(dirty, 6); /* free alone leaves it there */
    dirty = 0;
    watch(string, 6);
    wipe_free_string(string);
    assert_int_equal(frees, 2);
    assert_int_equal(dirty, 0);
    assert_true(blob_copy(&blob, bytes_of("secret")));
    watch(blob.ptr, 6);
    blob_free(&blob);
    assert_int_equal(frees, 3);
    assert_int_equal(dirty, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cutting),    cmocka_unit_test(test_comparing),
        cmocka_unit_test(test_copying),    cmocka_unit_test(test_strings),
        cmocka_unit_test(test_text),       cmocka_unit_test(test_quote),
        cmocka_unit_test(test_log),        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_wiping),     cmocka_unit_test(test_nobody_wants_to_know),
        cmocka_unit_test(test_add_quoted), cmocka_unit_test(test_durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
