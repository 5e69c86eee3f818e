/*
 * Compact text: what is none, what was cut, what is too large, and the id.
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

#include <openssl/evp.h>

#include "es256.h"
#include "mint.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void the_text_is_judged_before_it_is_parsed(void **state)
{
    static const struct {
        const char *text;
        enum reason reason;
    } rows[] = {
        {"", REASON_NOT_A_TOKEN},
        {"hunter2", REASON_NOT_A_TOKEN},
        {"\b\n\r\177INCORRECT", REASON_NOT_A_TOKEN},
        {".", REASON_NOT_A_TOKEN},
        {"...", REASON_NOT_A_TOKEN},
        {".....", REASON_NOT_A_TOKEN},
        {"a.b.c.d", REASON_NOT_A_TOKEN},
        {"a.b.c.d.e", REASON_ENCRYPTED},
        {"....", REASON_ENCRYPTED},
        {"a.b.c d", REASON_NOT_A_TOKEN},
        {"a.b.c=", REASON_NOT_A_TOKEN},
        {"{\"payload\":\"\"}", REASON_NOT_A_TOKEN},
        {"..", REASON_MALFORMED},
        {"a.b.c", REASON_MALFORMED},
        {"e30.e30.", REASON_MALFORMED},
        {"e30.e30.AA", REASON_MALFORMED},
    };
    struct token_policy policy = judge_policy();
    struct jwks *set = NULL;
    size_t i;

    (void)state;
    assert_int_equal(jwks_parse(bytes_of("{\"keys\":[]}"), &set), REASON_ACCEPTED);
    for (i = 0; i < LENGTH(rows); i++) {
        enum reason r = judge(&policy, set, bytes_of(rows[i].text), JUDGE_NOW, NULL, NULL);

        if (r != rows[i].reason) {
            fail_msg("%s: %s", rows[i].text, reason_name(r));
        }
    }
    jwks_free(&set);
}

static void what_was_cut_is_called_cut(void **state)
{
    static const size_t cuts[] = {255, 256, 511, 1023, 1024, 4095};
    struct token_policy policy = judge_policy();
    struct jwks *set = NULL;
    char text[4200];
    size_t len, i;

    (void)state;
    assert_int_equal(jwks_parse(bytes_of("{\"keys\":[]}"), &set), REASON_ACCEPTED);
    memset(text, 'A', sizeof(text));
    memcpy(text, "eyJ", 3);
    for (len = 0; len <= 4200; len++) {
        bool cut = false;

        for (i = 0; i < LENGTH(cuts); i++) {
            cut = cut || cuts[i] == len;
        }
        assert_int_equal(
            judge(&policy, set, (struct bytes){(const uint8_t *)text, len}, JUDGE_NOW, NULL, NULL),
            cut ? REASON_TRUNCATED : REASON_NOT_A_TOKEN);
        assert_int_equal(jws_length_is_cut(len), cut);
    }
    text[50] = '.';
    assert_int_equal(
        judge(&policy, set, (struct bytes){(const uint8_t *)text, 511}, JUDGE_NOW, NULL, NULL),
        REASON_TRUNCATED);
    assert_int_equal(
        judge(&policy, set, (struct bytes){(const uint8_t *)text, 512}, JUDGE_NOW, NULL, NULL),
        REASON_NOT_A_TOKEN);
    memcpy(text, "eyK", 3);
    assert_int_equal(
        judge(&policy, set, (struct bytes){(const uint8_t *)text, 511}, JUDGE_NOW, NULL, NULL),
        REASON_NOT_A_TOKEN);
    jwks_free(&set);
}

static void short_signatures_are_called_cut(void **state)
{
    static const struct {
        const char *alg;
        size_t least; /* characters */
    } rows[] = {{"RS256", 342}, {"PS512", 342}, {"ES256", 86}, {"ES384", 128},
                {"ES512", 176}, {"EdDSA", 86},  {"HS256", 0}};
    struct token_policy policy = judge_policy();
    struct jwks *set = NULL;
    size_t i, len;

    (void)state;
    assert_int_equal(jwks_parse(bytes_of("{\"keys\":[]}"), &set), REASON_ACCEPTED);
    for (i = 0; i < LENGTH(rows); i++) {
        char *header = mint_text("{\"alg\":\"%s\"}", rows[i].alg);
        char *a = mint_base64url(header, strlen(header));
        char *b = mint_base64url(JUDGE_PAYLOAD, strlen(JUDGE_PAYLOAD));

        for (len = 0; len < 400; len++) {
            char *zeros = calloc(len + 1, 1);
            char *text;
            enum reason r;

            assert_non_null(zeros);
            memset(zeros, 'A', len);
            text = mint_text("%s.%s.%s", a, b, zeros);
            r = judge(&policy, set, bytes_of(text), JUDGE_NOW, NULL, NULL);
            if (len < rows[i].least) {
                assert_int_equal(r, REASON_TRUNCATED);
            } else if (len % 4 == 1) {
                assert_int_equal(r, REASON_MALFORMED);
            } else {
                assert_int_equal(r, rows[i].least == 0 ? REASON_UNSUPPORTED_ALG
                                                       : REASON_KEY_NOT_FOUND);
            }
            free(zeros);
            free(text);
        }
        free(header);
        free(a);
        free(b);
    }
    jwks_free(&set);
}

static void size_is_looked_at_first(void **state)
{
    const struct es256 *fixture = *state;
    char *text = mint_token(fixture->key, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
    struct jws *jws = NULL;

    assert_int_equal(jws_parse(bytes_of(text), strlen(text), &jws), REASON_ACCEPTED);
    jws_free(&jws);
    assert_int_equal(jws_parse(bytes_of(text), strlen(text) - 1, &jws), REASON_TOO_LARGE);
    assert_null(jws);
    assert_int_equal(jws_parse(bytes_of("no token"), 7, &jws), REASON_TOO_LARGE);
    assert_int_equal(jws_parse(bytes_of("no token"), 8, &jws), REASON_NOT_A_TOKEN);
    free(text);
}

static void the_id_is_the_hash_of_the_signing_input(void **state)
{
    const struct es256 *fixture = *state;
    char *text = mint_token(fixture->key, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
    char *again = mint_token(fixture->key, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
    uint8_t digest[32];
    struct jws *a = NULL, *b = NULL;
    size_t len = 0, i;

    assert_int_equal(jws_parse(bytes_of(text), 4096, &a), REASON_ACCEPTED);
    assert_int_equal(jws_parse(bytes_of(again), 4096, &b), REASON_ACCEPTED);
    assert_string_not_equal(text, again); /* ECDSA signs with a random number */
    assert_string_equal(a->id, b->id);
    assert_int_equal(
        EVP_Q_digest(NULL, "SHA256", NULL, text, (size_t)(strrchr(text, '.') - text), digest, &len),
        1);
    for (i = 0; i < 32; i++) {
        char hex[3];

        snprintf(hex, sizeof(hex), "%02x", digest[i]);
        assert_memory_equal(a->id + 2 * i, hex, 2);
    }
    jws_free(&a);
    jws_free(&b);
    free(text);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_judged_before_it_is_parsed),
        cmocka_unit_test(what_was_cut_is_called_cut),
        cmocka_unit_test(short_signatures_are_called_cut),
        cmocka_unit_test(size_is_looked_at_first),
        cmocka_unit_test(the_id_is_the_hash_of_the_signing_input),
    };

    return cmocka_run_group_tests(tests, es256_make, es256_free);
}
