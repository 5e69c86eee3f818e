/*
 * Values that were parsed: the getters hand out exact types only, and what is written reads the
 * same.
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

#include "json_text.h"
#include "mint.h"

static const struct json *member(const struct json *object, const char *name)
{
    const struct json *value;

    assert_true(json_member(object, name, &value));
    return value;
}

static void getters_take_exact_types_only(void **state)
{
    static const struct {
        const char *name;
        bool object, array, string, number, boolean;
    } rows[] = {
        {"object", true, false, false, false, false}, {"array", false, true, false, false, false},
        {"string", false, false, true, false, false}, {"digits", false, false, true, false, false},
        {"int", false, false, false, true, false},    {"double", false, false, false, true, false},
        {"true", false, false, false, false, true},   {"false", false, false, false, false, true},
        {"null", false, false, false, false, false},
    };
    struct json *root = json_text_accept(
        "{\"object\":{\"a\":1},\"array\":[\"a\"],\"string\":\"true\",\"digits\":\"17\","
        "\"int\":17,\"double\":17.5,\"true\":true,\"false\":false,\"null\":null}");
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct json *value = member(root, rows[i].name);
        const struct json *inner = root;
        const void *position = NULL;
        struct bytes span = {(const uint8_t *)"x", 1};
        double number = 99;
        bool boolean = true;

        assert_int_equal(json_is_object(value), rows[i].object);
        assert_int_equal(json_is_array(value), rows[i].array);
        assert_int_equal(json_string(value, &span), rows[i].string);
        assert_true(rows[i].string || (span.ptr == NULL && span.len == 0));
        assert_int_equal(json_number(value, &number), rows[i].number);
        assert_true(rows[i].number || number == 0);
        assert_int_equal(json_boolean(value, &boolean), rows[i].boolean);
        assert_true(rows[i].boolean || !boolean);
        assert_int_equal(json_array_length(value), rows[i].array ? 1 : 0);
        assert_int_equal(json_array_item(value, 0) != NULL, rows[i].array);
        assert_null(json_array_item(value, 1));
        assert_null(json_array_item(value, SIZE_MAX));
        assert_int_equal(json_member(value, "a", &inner), rows[i].object);
        assert_int_equal(inner != NULL, rows[i].object);
        assert_int_equal(json_next_member(value, &position, &span, &inner), rows[i].object);
        assert_int_equal(json_member_string(root, rows[i].name, &span),
                         rows[i].string ? JSON_STRING : JSON_OTHER);
        assert_int_equal(json_member_string(value, "nothing", &span), JSON_ABSENT);
    }
    json_free(&root);
}

static void null_value_finds_nothing(void **state)
{
    const struct json *inner = (const struct json *)"x";
    const void *position = NULL;
    struct bytes span;
    struct json *nothing = NULL;
    double number;
    bool boolean;

    (void)state;
    assert_false(json_is_object(NULL));
    assert_false(json_is_array(NULL));
    assert_false(json_member(NULL, "a", &inner));
    assert_null(inner);
    assert_int_equal(json_member_string(NULL, "a", &span), JSON_ABSENT);
    assert_false(json_string(NULL, &span));
    assert_false(json_number(NULL, &number));
    assert_false(json_boolean(NULL, &boolean));
    assert_false(json_scalar_is(NULL, "null"));
    assert_false(json_scalar_is(NULL, ""));
    assert_int_equal(json_array_length(NULL), 0);
    assert_null(json_array_item(NULL, 0));
    assert_false(json_next_member(NULL, &position, &span, &inner));
    json_free(&nothing);
}

static void a_null_member_is_there(void **state)
{
    struct json *root = json_text_accept("{\"a\":null,\"b\":[null]}");
    const struct json *value = root;

    (void)state;
    assert_true(json_member(root, "a", &value));
    assert_null(value);
    assert_false(json_member(root, "c", &value));
    assert_int_equal(json_array_length(member(root, "b")), 1);
    assert_null(json_array_item(member(root, "b"), 0));
    json_free(&root);
}

static void numbers_are_exact_or_none(void **state)
{
    static const struct {
        const char *text;
        bool good;
        double value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"1800000000", true, 1800000000},
        {"1.8e9", true, 1800000000},
        {"18E8", true, 1800000000},
        {"1800000000.25", true, 1800000000.25},
        {"-1", true, -1},
        {"253402300799", true, 253402300799},
        {"9007199254740993", true, 9007199254740992},
        {"1e308", true, 1e308},
        {"1e-400", true, 0},
        {"9223372036854775806", true, 9223372036854775807.0},
        {"9223372036854775808", false, 0},
        {"18446744073709551615", false, 0},
        {"18446744073709551616", false, 0},
        {"-9223372036854775809", false, 0},
        {"100000000000000000000000000", false, 0},
        {"1e400", false, 0},
        {"-1e400", false, 0},
        {"1e99999999999999999999", false, 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = mint_text("[%s]", rows[i].text);
        struct json *root = json_text_accept(text);
        double value = 99;

        if (json_number(json_array_item(root, 0), &value) != rows[i].good ||
            value != rows[i].value) {
            fail_msg("%s: %g", rows[i].text, value);
        }
        json_free(&root);
        free(text);
    }
}

static void strings_come_whole(void **state)
{
    struct json *root =
        json_text_accept("{\"a\":\"\\ud83d\\ude00\\u00e4\\\"\\\\\\/\\n\\u001f\x7f\",\"b\":\"\"}");
    static const char expected[] = "\xf0\x9f\x98\x80\xc3\xa4\"\\/\n\x1f\x7f";
    struct bytes span;

    (void)state;
    assert_int_equal(json_member_string(root, "a", &span), JSON_STRING);
    assert_int_equal(span.len, sizeof(expected) - 1);
    assert_memory_equal(span.ptr, expected, sizeof(expected)); /* the final NUL too */
    assert_int_equal(json_member_string(root, "b", &span), JSON_STRING);
    assert_int_equal(span.len, 0);
    assert_non_null(span.ptr);
    json_free(&root);
}

/* A character is never taken for another: json-c 0.16 makes U+FFFD of an escaped pair whose
 * character ends in D800 to DFFF, so two names could become one. Such a text may be refused, but
 * not be misread. */
static void escaped_characters_are_exact_or_refused(void **state)
{
    unsigned code;

    (void)state;
    for (code = 0x10000; code < 0x110000; code += (code & 0xf000) == 0xd000 ? 0x3f : 0x3ff) {
        unsigned rest = code - 0x10000;
        char *text =
            mint_text("[\"\\u%04x\\u%04x\"]", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
        char expected[] = {(char)(0xf0 | code >> 18), (char)(0x80 | (code >> 12 & 0x3f)),
                           (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f)), '\0'};
        struct json *root = json_text_parse(text, strlen(text));
        struct bytes span;

        if (root == NULL) {
            assert_int_equal(code & 0xf800, 0xd800);
        } else if (!json_string(json_array_item(root, 0), &span) ||
                   !bytes_equal_string(span, expected)) {
            fail_msg("U+%X is misread", code);
        }
        json_free(&root);
        free(text);
    }
}

static void scalars_compare_by_their_text(void **state)
{
    static const struct {
        const char *json, *text;
        bool same;
    } rows[] = {
        {"\"a\"", "a", true},
        {"\"a\"", "A", false},
        {"\"a\"", "a ", false},
        {"\"\"", "", true},
        {"\"true\"", "true", true},
        {"\"1\"", "1", true},
        {"true", "true", true},
        {"true", "True", false},
        {"true", "1", false},
        {"false", "false", true},
        {"false", "", false},
        {"false", "0", false},
        {"1", "1", true},
        {"1", "1.0", false},
        {"1.0", "1.0", true},
        {"1.0", "1", false},
        {"1e3", "1e3", true},
        {"1e3", "1000", false},
        {"1.50", "1.50", true},
        {"1.50", "1.5", false},
        {"-5", "-5", true},
        {"5", "05", false},
        {"5", "+5", false},
        {"5", " 5", false},
        {"null", "null", false},
        {"null", "", false},
        {"[]", "", false},
        {"[\"a\"]", "a", false},
        {"{}", "", false},
        {"{\"a\":1}", "{\"a\":1}", false},
        {"[1]", "[1]", false},
        {"1e400", "inf", false},
        {"1e400", "Infinity", false},
        {"99999999999999999999", "9223372036854775807", false},
        {"18446744073709551616", "18446744073709551615", false},
        {"-99999999999999999999", "-9223372036854775808", false},
        {"\"\\u0061\"", "a", true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = mint_text("[%s]", rows[i].json);
        struct json *root = json_text_accept(text);

        if (json_scalar_is(json_array_item(root, 0), rows[i].text) != rows[i].same) {
            fail_msg("%s against %s", rows[i].json, rows[i].text);
        }
        json_free(&root);
        free(text);
    }
}

static void members_come_in_order(void **state)
{
    struct json *root = json_text_accept("{\"z\":1,\"a\":null,\"\\u006d\":\"x\"}");
    static const char *const names[] = {"z", "a", "m"};
    const struct json *value;
    const void *position = NULL;
    struct bytes name;
    size_t count = 0;

    (void)state;
    while (json_next_member(root, &position, &name, &value)) {
        assert_true(count < 3 && bytes_equal_string(name, names[count]));
        assert_int_equal(value == NULL, count == 1);
        count++;
    }
    assert_int_equal(count, 3);
    json_free(&root);
    root = json_text_accept("{}");
    position = NULL;
    assert_false(json_next_member(root, &position, &name, &value));
    json_free(&root);
}

static char *written(const struct json *value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    json_write(out, value);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void what_is_written_reads_the_same(void **state)
{
    static const char text[] =
        "{\"a\":[1,1.50,true,false,null,\"\\\"\\\\/\xc3\xa4\\n\\u001b\"],\"b\":{\"\":{}}}";
    struct json *root = json_text_accept(text);
    char *once = written(root);
    struct json *again = json_text_accept(once);
    char *twice = written(again);

    (void)state;
    assert_string_equal(once, twice);
    assert_null(strchr(once, '\n'));
    assert_null(strchr(once, '\x1b'));
    json_free(&root);
    json_free(&again);
    free(once);
    free(twice);
    once = written(NULL);
    assert_string_equal(once, "null");
    free(once);
}

static void written_strings_are_safe(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", "\"\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\x1b[2J\x7f", "\"\\u000a\\u001b[2J\\u007f\""},
        {"\xc3\xa4", "\"\xc3\xa4\""},
        {"\xff", "\"\\ufffd\""},
        {"a\xc3", "\"a\\ufffd\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        assert_non_null(out);
        json_write_string(out, bytes_of(rows[i].in));
        assert_int_equal(fclose(out), 0);
        assert_string_equal(text, rows[i].out);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(getters_take_exact_types_only),
        cmocka_unit_test(null_value_finds_nothing),
        cmocka_unit_test(a_null_member_is_there),
        cmocka_unit_test(numbers_are_exact_or_none),
        cmocka_unit_test(strings_come_whole),
        cmocka_unit_test(escaped_characters_are_exact_or_refused),
        cmocka_unit_test(scalars_compare_by_their_text),
        cmocka_unit_test(members_come_in_order),
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(written_strings_are_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
