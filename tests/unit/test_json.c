/*
 * The JSON wrapper: what json-c 0.16 takes although it is no JSON, or would lose a member or a byte
 * of, is refused; the limits hold to the value; the getters hand out exact types only.
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

#include "jwt/json.h"
#include "mint.h"

/* Parses from memory that ends with the text, so that a sanitizer sees every step behind it. */
static struct json *parse(const void *text, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    struct json *root = (struct json *)copy; /* to be overwritten */
    enum reason r;

    assert_non_null(copy);
    memcpy(copy + 1, text, len);
    r = json_parse((struct bytes){copy + 1, len}, &root);
    assert_true(r == REASON_ACCEPTED || r == REASON_MALFORMED);
    assert_true((r == REASON_ACCEPTED) == (root != NULL));
    free(copy);
    return root;
}

static void refuse_bytes(const void *text, size_t len)
{
    struct json *root = parse(text, len);

    if (root != NULL) {
        fail_msg("accepted: %.*s", (int)len, (const char *)text);
    }
}

static void refuse(const char *text)
{
    refuse_bytes(text, strlen(text));
}

static struct json *accept(const char *text)
{
    struct json *root = parse(text, strlen(text));

    if (root == NULL) {
        fail_msg("refused: %s", text);
    }
    return root;
}

static void accept_all(const char *const *texts, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct json *root = accept(texts[i]);

        json_free(&root);
        assert_null(root);
    }
}

#define ACCEPT_ALL(texts) accept_all(texts, sizeof(texts) / sizeof((texts)[0]))

static void refuse_all(const char *const *texts, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        refuse(texts[i]);
    }
}

#define REFUSE_ALL(texts) refuse_all(texts, sizeof(texts) / sizeof((texts)[0]))

static void plain_json_is_accepted(void **state)
{
    static const char *const good[] = {
        "{}",
        "[]",
        " { } ",
        "\t\r\n[\n]\r",
        "{\"a\":1}",
        "{\"a\":1,\"b\":[true,false,null]}",
        "[1,-1,0,-0,1.5,-1.5e10,1E5,1e+5,1e-5,0.0]",
        "{\"\":\"\"}",
        "{\"a\":{\"a\":{\"a\":1}}}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"a\":\"b:c,d{e}[f]\"}",
        "{\"a:b\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
        "{\"a\":\"\\u00e4\\u20ac\\ud83d\\ude00\\uFFFF\\u0001\"}",
        "{\"a\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}",
        "{\"a\":\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"}",
        "{\"A\":1,\"a\":2}",
        "{\"a\":9223372036854775808,\"b\":1e400,\"c\":-9223372036854775809}",
        "{\"s\":1,\"s \":2,\"\\u0073s\":3}"};

    (void)state;
    ACCEPT_ALL(good);
}

static void what_is_no_container_is_refused(void **state)
{
    static const char *const bad[] = {"",     " ",    "1",      "\"a\"", "true",
                                      "null", "\n\t", "\"a\" ", "-1.5",  "nul"};
    struct json *root = NULL;

    (void)state;
    REFUSE_ALL(bad);
    assert_int_equal(json_parse((struct bytes){NULL, 0}, &root), REASON_MALFORMED);
    assert_null(root);
}

/* What json-c 0.16 takes in its strict mode. */
static void what_json_c_takes_is_refused(void **state)
{
    static const char *const bad[] = {"{'a':1}",
                                      "{\"a\":'b'}",
                                      "{\"a\":NaN}",
                                      "{\"a\":nan}",
                                      "{\"a\":Infinity}",
                                      "{\"a\":-Infinity}",
                                      "{\"a\":inf}",
                                      "{\"a\":1.}",
                                      "{\"a\":.5}",
                                      "{\"a\":01}",
                                      "{\"a\":+1}",
                                      "{\"a\":-}",
                                      "{\"a\":1e}",
                                      "{\"a\":1e+}",
                                      "{\"a\":0x10}",
                                      "{\"a\":1_000}",
                                      "{\"a\":True}",
                                      "{\"a\":TRUE}",
                                      "{\"a\":Null}",
                                      "{\"a\":nulll}",
                                      "{\"a\":tru}",
                                      "{\"a\":truefalse}",
                                      "{\"a\":--1}",
                                      "{\"a\":1-1}",
                                      "{\"a\":1.5.5}",
                                      "{\"a\":00}",
                                      "[00.5]",
                                      "[-00]",
                                      "[000]",
                                      "[0 0]",
                                      "[0\"a\"]",
                                      "[1true]",
                                      "[true1]",
                                      "[\"a\"\"b\"]",
                                      "{\"a\":-01}",
                                      "{\"a\":1E1.5}",
                                      "{\"a\":1ee5}",
                                      "{\"a\":\"b\nc\"}",
                                      "{\"a\":\"b\tc\"}",
                                      "{\"a\nb\":1}",
                                      "{\"a\":\"\x1b[2J\"}",
                                      "{\"a\":\"\x01\"}",
                                      "{\"a\":\"\x1f\"}",
                                      "/* c */{\"a\":1}",
                                      "{\"a\":1}// c",
                                      "{/**/\"a\":1}",
                                      "{\"a\":1,}",
                                      "[1,]",
                                      "[,1]",
                                      "[1,,2]",
                                      "{,}",
                                      "{\"a\":1,,\"b\":2}",
                                      "{a:1}",
                                      "{1:1}",
                                      "{\"a\" 1}",
                                      "{\"a\":}",
                                      "{\"a\"}",
                                      "{:1}",
                                      "{\"a\"::1}",
                                      "{\"a\":1:2}",
                                      "[1:2]",
                                      "[\"a\":1]",
                                      "{\"a\":1 \"b\":2}",
                                      "[1 2]",
                                      "{\"a\":1",
                                      "{\"a\":1}}",
                                      "[1]]",
                                      "[1}",
                                      "{\"a\":1]",
                                      "{",
                                      "[",
                                      "}",
                                      "]",
                                      "{\"a\":\"b}",
                                      "{\"a\":\"b\\\"}",
                                      "{}{}",
                                      "{} {}",
                                      "{}[]",
                                      "{}x",
                                      "{}1",
                                      "{},",
                                      "{}\"a\"",
                                      "{}null",
                                      "\xef\xbb\xbf{}",
                                      "{}\xef\xbb\xbf",
                                      "{\"a\":1}\x0b",
                                      "\x0c{}",
                                      "{\xc2\xa0}",
                                      "[\xe2\x80\xa8]"};

    (void)state;
    REFUSE_ALL(bad);
}

static void nul_is_refused_everywhere(void **state)
{
    static const char *const escaped[] = {"{\"s\\u0000x\":1}",    "{\"s\":1,\"s\\u0000x\":2}",
                                          "{\"a\":\"b\\u0000\"}", "{\"a\":\"\\u0000\"}",
                                          "[\"root\\u0000x\"]",   "{\"a\":[{\"b\":\"\\u0000\"}]}"};
    static const char text[] = "{\"ab\":[\"cd\", 12]}";
    size_t i;

    (void)state;
    REFUSE_ALL(escaped);
    for (i = 0; i < sizeof(text); i++) {
        char changed[sizeof(text) + 1];

        memcpy(changed, text, i);
        changed[i] = '\0';
        memcpy(changed + i + 1, text + i, sizeof(text) - i);
        refuse_bytes(changed, sizeof(text)); /* one byte more than the text */
    }
    refuse_bytes("{\"a\":1}\0garbage", 15);
    refuse_bytes("{\"a\":1}\0", 8);
    refuse_bytes("\0{\"a\":1}", 8);
}

static void utf8_is_strict(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xe0\x80\xaf",
                                      "\xe0\x9f\xbf",
                                      "\xe2\x82",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xed\xa0\xbd\xed\xb8\x80",
                                      "\xf0\x80\x80\xaf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xfc\x84\x80\x80\x80\x80",
                                      "\xfe",
                                      "\xff",
                                      "\xf0\x9f\x98",
                                      "\xe4",
                                      "\xc3\xa4\xa4"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *value = mint_text("{\"a\":\"x%sy\"}", bad[i]);
        char *name = mint_text("{\"x%sy\":1}", bad[i]);
        char *last = mint_text("[\"%s\"]", bad[i]);
        char *outside = mint_text("[1%s]", bad[i]);

        refuse(value);
        refuse(name);
        refuse(last);
        refuse(outside);
        /* Cut in the middle of the sequence. */
        refuse_bytes(value, strlen(value) - 3);
        free(value);
        free(name);
        free(last);
        free(outside);
    }
}

static void escapes_are_strict(void **state)
{
    static const char *const bad[] = {"[\"\\ud800\"]",
                                      "[\"\\udfff\"]",
                                      "[\"\\udc00\\ud800\"]",
                                      "[\"\\ud800x\"]",
                                      "[\"\\ud800\\n\"]",
                                      "[\"\\ud800\\u0041\"]",
                                      "[\"\\ud800\\ud800\"]",
                                      "[\"\\ud83d\\ude00\\ude00\"]",
                                      "[\"\\ud83d\\\"]",
                                      "[\"\\x41\"]",
                                      "[\"\\'\"]",
                                      "[\"\\a\"]",
                                      "[\"\\v\"]",
                                      "[\"\\0\"]",
                                      "[\"\\u\"]",
                                      "[\"\\u12\"]",
                                      "[\"\\u123\"]",
                                      "[\"\\u12g4\"]",
                                      "[\"\\U0041\"]",
                                      "[\"\\u+041\"]",
                                      "[\"\\u 041\"]",
                                      "[\"\\u-041\"]",
                                      "[\"\\",
                                      "[\"\\u",
                                      "[\"\\ud83d\\u",
                                      "[\"\\ud83d\\ude0",
                                      "{\"\\ud800\":1}",
                                      "[\"\\N\"]",
                                      "[\"\\\n\"]",
                                      "[\"\\u{41}\"]"};

    (void)state;
    REFUSE_ALL(bad);
    refuse_bytes("[\"\\\0\"]", 6);
}

static void duplicates_are_refused_at_every_level(void **state)
{
    static const char *const bad[] = {"{\"a\":1,\"a\":1}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":1,\"b\":2,\"a\":3}",
                                      "{\"sub\":1,\"s\\u0075b\":2}",
                                      "{\"\\u0073\\u0075\\u0062\":1,\"sub\":2}",
                                      "{\"\":1,\"\":2}",
                                      "{\"a/\":1,\"a\\/\":2}",
                                      "{\"\xc3\xa4\":1,\"\\u00e4\":2}",
                                      "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}",
                                      "[{\"a\":1,\"a\":1}]",
                                      "{\"x\":{\"a\":1,\"a\":2}}",
                                      "{\"x\":[[{\"y\":{\"a\":1,\"a\":2}}]]}",
                                      "{\"a\":null,\"a\":null}",
                                      "{\"a\":{\"b\":1,\"c\":2},\"a\":1}",
                                      "{\"a\":1,\"a\":{\"b\":1,\"c\":2}}",
                                      "{\"a\":{\"a\":1,\"a\":2},\"b\":3}",
                                      "{\"a\":[],\"a\":{}}",
                                      "{\"\\u0009\":1,\"\\t\":2}",
                                      "{\"a\":\":\",\"a\":\":\"}"};
    size_t depth;

    (void)state;
    REFUSE_ALL(bad);
    for (depth = 1; depth < JSON_MAX_DEPTH; depth++) {
        char text[1024] = "";
        size_t i;

        for (i = 1; i < depth; i++) {
            strcat(text, i % 2 == 0 ? "[" : "{\"n\":");
        }
        strcat(text, "{\"a\":1,\"a\":2}");
        for (i = depth - 1; i >= 1; i--) {
            strcat(text, i % 2 == 0 ? "]" : "}");
        }
        refuse(text);
        /* The same text with two names is fine. */
        *strstr(text, "\"a\":2") = '"';
        *(strstr(text, "\"a\":2") + 1) = 'b';
        {
            struct json *root = accept(text);

            json_free(&root);
        }
    }
}

/* count times `open`, then `inner`, then count times `close`. */
static char *nest(size_t count, const char *open, const char *inner, const char *close)
{
    char *text = malloc(count * (strlen(open) + strlen(close)) + strlen(inner) + 1);
    char *at = text;
    size_t i;

    assert_non_null(text);
    for (i = 0; i < count; i++) {
        at = stpcpy(at, open);
    }
    at = stpcpy(at, inner);
    for (i = 0; i < count; i++) {
        at = stpcpy(at, close);
    }
    return text;
}

static void depth_ends_at_32(void **state)
{
    static const char *const inners[] = {"", "1", "\"a\"", "null", "true", "1.5"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(inners) / sizeof(inners[0]); i++) {
        char *arrays = nest(32, "[", inners[i], "]");
        char *deeper = nest(33, "[", inners[i], "]");
        struct json *root = accept(arrays);

        json_free(&root);
        refuse(deeper);
        free(arrays);
        free(deeper);
    }
    for (i = 0; i < 2; i++) {
        char *objects = nest(31, "{\"a\":", i == 0 ? "{}" : "{\"a\":1}", "}");
        char *deeper = nest(32, "{\"a\":", i == 0 ? "{}" : "[]", "}");
        struct json *root = accept(objects);

        json_free(&root);
        refuse(deeper);
        free(objects);
        free(deeper);
    }
    {
        char *far = nest(100000, "[", "", "]");
        char *open = nest(100000, "[", "", "");
        char *wide = nest(20000, "[]", ",", "");

        refuse(far);
        refuse(open);
        refuse(wide);
        free(far);
        free(open);
        free(wide);
    }
}

/* A list of count values of a kind, in an array or as members of an object. */
static char *many(size_t count, const char *value, bool object)
{
    size_t room = count * (strlen(value) + 12) + 3;
    char *text = malloc(room);
    size_t at = 0, i;

    assert_non_null(text);
    text[at++] = object ? '{' : '[';
    for (i = 0; i < count; i++) {
        if (object) {
            at +=
                (size_t)snprintf(text + at, room - at, "%s\"%zu\":%s", i == 0 ? "" : ",", i, value);
        } else {
            at += (size_t)snprintf(text + at, room - at, "%s%s", i == 0 ? "" : ",", value);
        }
    }
    text[at++] = object ? '}' : ']';
    text[at] = '\0';
    return text;
}

static void values_end_at_65536(void **state)
{
    static const char *const kinds[] = {"1", "\"\"", "null", "{}", "[]", "true"};
    size_t i;
    int object;

    (void)state;
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (object = 0; object < 2; object++) {
            /* The container is a value too. */
            char *most = many(JSON_MAX_VALUES - 1, kinds[i], object != 0);
            char *over = many(JSON_MAX_VALUES, kinds[i], object != 0);
            struct json *root = accept(most);

            json_free(&root);
            refuse(over);
            free(most);
            free(over);
        }
    }
}

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
    struct json *root =
        accept("{\"object\":{\"a\":1},\"array\":[\"a\"],\"string\":\"true\",\"digits\":\"17\","
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
    struct json *root = accept("{\"a\":null,\"b\":[null]}");
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
        struct json *root = accept(text);
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
        accept("{\"a\":\"\\ud83d\\ude00\\u00e4\\\"\\\\\\/\\n\\u001f\x7f\",\"b\":\"\"}");
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

/* A character is never taken for another: json-c 0.16 makes U+FFFD of an escaped pair whose character ends in D800 to
 * DFFF, so two names could become one. Such a text may be refused, but not be misread. */
static void escaped_characters_are_exact_or_refused(void **state)
{
    unsigned code;

    (void)state;
    for (code = 0x10000; code < 0x110000; code += (code & 0xf000) == 0xd000 ? 0x3f : 0x3ff) {
        unsigned rest = code - 0x10000;
        char *text = mint_text("[\"\\u%04x\\u%04x\"]", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
        char expected[] = {(char)(0xf0 | code >> 18), (char)(0x80 | (code >> 12 & 0x3f)),
                           (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f)), '\0'};
        struct json *root = parse(text, strlen(text));
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
        struct json *root = accept(text);

        if (json_scalar_is(json_array_item(root, 0), rows[i].text) != rows[i].same) {
            fail_msg("%s against %s", rows[i].json, rows[i].text);
        }
        json_free(&root);
        free(text);
    }
}

static void members_come_in_order(void **state)
{
    struct json *root = accept("{\"z\":1,\"a\":null,\"\\u006d\":\"x\"}");
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
    root = accept("{}");
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
    struct json *root = accept(text);
    char *once = written(root);
    struct json *again = accept(once);
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
        cmocka_unit_test(plain_json_is_accepted),
        cmocka_unit_test(what_is_no_container_is_refused),
        cmocka_unit_test(what_json_c_takes_is_refused),
        cmocka_unit_test(nul_is_refused_everywhere),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(escapes_are_strict),
        cmocka_unit_test(duplicates_are_refused_at_every_level),
        cmocka_unit_test(depth_ends_at_32),
        cmocka_unit_test(values_end_at_65536),
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
