/*
 * base64url: the vectors of RFC 4648 section 10 without their padding, every spelling of the short
 * texts, every byte at every position, and no write outside the room that the header promises.
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

#include "jwt/base64url.h"
#include "mint.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool in_alphabet(int byte)
{
    return byte != 0 && strchr(alphabet, byte) != NULL;
}

/* Decodes from and into memory of exactly the promised sizes, so that a sanitizer sees every step
 * outside. */
static bool decode(const void *text, size_t len, uint8_t **out, size_t *out_len)
{
    uint8_t *in = malloc(len + 1);
    bool good;

    assert_non_null(in);
    memcpy(in + 1, text, len); /* ends where the memory ends */
    *out = malloc(base64url_decoded_size(len) + (len == 0));
    assert_non_null(*out);
    *out_len = 12345;
    good = base64url_decode((struct bytes){in + 1, len}, *out, out_len);
    free(in);
    return good;
}

static bool accepts(const void *text, size_t len)
{
    uint8_t *out;
    size_t out_len;
    bool good = decode(text, len, &out, &out_len);

    free(out);
    return good;
}

static void rfc_vectors_decode(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},           {"Zg", "f"},          {"Zm8", "fo"},          {"Zm9v", "foo"},
        {"Zm9vYg", "foob"}, {"Zm9vYmE", "fooba"}, {"Zm9vYmFy", "foobar"}, {"__-_", "\xff\xff\xbf"},
    };
    size_t i, len;
    uint8_t *out;

    (void)state;
    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_true(decode(pairs[i][0], strlen(pairs[i][0]), &out, &len));
        assert_int_equal(len, strlen(pairs[i][1]));
        assert_memory_equal(out, pairs[i][1], len);
        free(out);
    }
}

static void other_spellings_are_refused(void **state)
{
    static const char *const bad[] = {"A",     "Zg==",    "Zm8=",      "Zm9v====",     "Zm9vY",
                                      "=",     "====",    "Zg=",       " Zg",          "Zg ",
                                      "Z g",   "Zg\n",    "Zg\r\n",    "Zm9v\n",       "Zm9vYg\n",
                                      "Zm9+",  "Zm9/",    "Zm9.",      "Zm9v.Zg",      "Zm9,",
                                      "\tZm9", "Zm\x80v", "Zm9\xff",   "%5A",          "Zh",
                                      "Zv",    "Zm9",     "Zm_",       "Zm9vYh",       "Zm9vYmF",
                                      "_x",    "__9",     "Zm9vZm9vZ", "Zm9vZm9vZm9vZ"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (accepts(bad[i], strlen(bad[i]))) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    assert_false(accepts("Zm9\0", 4));
    assert_false(accepts("\0", 1));
    assert_false(accepts("Zg\0\0", 4));
}

/* Every text of two and three bytes over all 256 values: as many are accepted as there are values,
 * and no value comes from two texts. */
static void one_text_for_each_value(void **state)
{
    uint8_t *seen = calloc(65536, 1);
    uint8_t out[4];
    size_t len, accepted = 0;
    unsigned a, b, c;

    (void)state;
    assert_non_null(seen);
    for (a = 0; a < 256; a++) {
        for (b = 0; b < 256; b++) {
            uint8_t text[3] = {(uint8_t)a, (uint8_t)b, 0};

            if (base64url_decode((struct bytes){text, 2}, out, &len)) {
                assert_int_equal(len, 1);
                assert_int_equal(seen[out[0]]++, 0);
                accepted++;
            }
        }
    }
    assert_int_equal(accepted, 256);
    memset(seen, 0, 65536);
    accepted = 0;
    for (a = 0; a < 256; a++) {
        for (b = 0; b < 256; b++) {
            for (c = 0; c < 256; c++) {
                uint8_t text[3] = {(uint8_t)a, (uint8_t)b, (uint8_t)c};

                if (base64url_decode((struct bytes){text, 3}, out, &len)) {
                    assert_int_equal(len, 2);
                    assert_int_equal(seen[out[0] << 8 | out[1]]++, 0);
                    accepted++;
                }
            }
        }
    }
    assert_int_equal(accepted, 65536);
    free(seen);
}

/* In texts of every length to 9, each byte value at each position: accepted means in the alphabet,
 * and the encoder gives the same text back. */
static void every_byte_at_every_position(void **state)
{
    size_t len, at, out_len;
    unsigned value;

    (void)state;
    for (len = 1; len <= 9; len++) {
        for (at = 0; at < len; at++) {
            for (value = 0; value < 256; value++) {
                char text[10] = "AAAAAAAAA";
                uint8_t *out;
                bool good;

                text[at] = (char)value;
                good = decode(text, len, &out, &out_len);
                if (good) {
                    char *again = mint_base64url(out, out_len);

                    assert_true(in_alphabet((int)value));
                    assert_int_equal(strlen(again), len);
                    assert_memory_equal(again, text, len);
                    free(again);
                } else if (in_alphabet((int)value)) {
                    assert_true(len % 4 == 1 || (at == len - 1 && value != 'A'));
                }
                free(out);
            }
        }
    }
}

static void encoder_and_decoder_agree(void **state)
{
    uint8_t raw[300];
    size_t len, i, out_len;

    (void)state;
    for (len = 0; len <= sizeof(raw); len++) {
        char *text;
        uint8_t *out;

        for (i = 0; i < len; i++) {
            raw[i] = (uint8_t)(i * 167 + len * 59 + (i * i >> 3));
        }
        text = mint_base64url(raw, len);
        assert_true(strlen(text) == 0 || base64url_decoded_size(strlen(text)) >= len);
        assert_true(decode(text, strlen(text), &out, &out_len));
        assert_int_equal(out_len, len);
        assert_memory_equal(out, raw, len);
        free(out);
        free(text);
    }
}

static void alphabet_is_the_64_characters(void **state)
{
    unsigned value;

    (void)state;
    assert_true(base64url_alphabet((struct bytes){NULL, 0}));
    assert_true(base64url_alphabet(bytes_of(alphabet)));
    for (value = 0; value < 256; value++) {
        uint8_t text[3] = {'A', (uint8_t)value, 'A'};

        assert_int_equal(base64url_alphabet((struct bytes){text, 3}), in_alphabet((int)value));
    }
}

static void nothing_decodes_to_nothing(void **state)
{
    size_t len = 7;
    uint8_t out[1];

    (void)state;
    assert_true(base64url_decode((struct bytes){NULL, 0}, out, &len));
    assert_int_equal(len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_vectors_decode),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(one_text_for_each_value),
        cmocka_unit_test(every_byte_at_every_position),
        cmocka_unit_test(encoder_and_decoder_agree),
        cmocka_unit_test(alphabet_is_the_64_characters),
        cmocka_unit_test(nothing_decodes_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
