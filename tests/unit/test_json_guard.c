/*
 * What is JSON: texts that json-c 0.16 takes although they are none, or would lose a member or a
 * byte of, are refused; the limits hold to the value.
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

static void accept_all(const char *const *texts, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct json *root = json_text_accept(texts[i]);

        json_free(&root);
        assert_null(root);
    }
}

#define ACCEPT_ALL(texts) accept_all(texts, sizeof(texts) / sizeof((texts)[0]))

static void refuse_all(const char *const *texts, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        json_text_refuse_string(texts[i]);
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
        json_text_refuse(changed, sizeof(text)); /* one byte more than the text */
    }
    json_text_refuse("{\"a\":1}\0garbage", 15);
    json_text_refuse("{\"a\":1}\0", 8);
    json_text_refuse("\0{\"a\":1}", 8);
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

        json_text_refuse_string(value);
        json_text_refuse_string(name);
        json_text_refuse_string(last);
        json_text_refuse_string(outside);
        /* Cut in the middle of the sequence. */
        json_text_refuse(value, strlen(value) - 3);
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
    json_text_refuse("[\"\\\0\"]", 6);
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
        json_text_refuse_string(text);
        /* The same text with two names is fine. */
        *strstr(text, "\"a\":2") = '"';
        *(strstr(text, "\"a\":2") + 1) = 'b';
        {
            struct json *root = json_text_accept(text);

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
        struct json *root = json_text_accept(arrays);

        json_free(&root);
        json_text_refuse_string(deeper);
        free(arrays);
        free(deeper);
    }
    for (i = 0; i < 2; i++) {
        char *objects = nest(31, "{\"a\":", i == 0 ? "{}" : "{\"a\":1}", "}");
        char *deeper = nest(32, "{\"a\":", i == 0 ? "{}" : "[]", "}");
        struct json *root = json_text_accept(objects);

        json_free(&root);
        json_text_refuse_string(deeper);
        free(objects);
        free(deeper);
    }
    {
        char *far = nest(100000, "[", "", "]");
        char *open = nest(100000, "[", "", "");
        char *wide = nest(20000, "[]", ",", "");

        json_text_refuse_string(far);
        json_text_refuse_string(open);
        json_text_refuse_string(wide);
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
            struct json *root = json_text_accept(most);

            json_free(&root);
            json_text_refuse_string(over);
            free(most);
            free(over);
        }
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
