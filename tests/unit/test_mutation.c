/*
 * No token but the one that was signed: every bit of a good token flipped, every byte replaced,
 * removed, doubled or swapped with its neighbour, the token cut, its signature reshaped or made up,
 * its parts mixed. None is accepted.
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

#include "judge.h"
#include "keyring.h"
#include "mint.h"

struct target {
    struct token_policy policy;
    struct jwks *jwks;
    const char *alg;
};

static void must_refuse(const struct target *target, const void *text, size_t len, const char *what,
                        size_t at)
{
    if (judge(&target->policy, target->jwks, (struct bytes){text, len}, JUDGE_NOW, NULL, NULL) ==
        REASON_ACCEPTED) {
        fail_msg("%s: accepted although %s at %zu: %.*s", target->alg, what, at, (int)len,
                 (const char *)text);
    }
}

static void flip_all(const struct target *target, const char *token)
{
    size_t len = strlen(token), at;
    char *copy = mint_text("%s", token);
    int bit;

    for (at = 0; at < len; at++) {
        for (bit = 0; bit < 8; bit++) {
            copy[at] = (char)(token[at] ^ 1 << bit);
            must_refuse(target, copy, len, "a bit was flipped", at);
        }
        copy[at] = token[at];
    }
    free(copy);
}

/* Other changes of one place: base64url has one spelling only, so all of them are changes. */
static void edit_all(const struct target *target, const char *token)
{
    static const char others[] = {'\0', ' ', '=', '+', '/',  '.',
                                  '-',  '_', 'A', '9', '\n', (char)0xff};
    size_t len = strlen(token), at, i;
    char *copy = malloc(len + 2);

    assert_non_null(copy);
    for (at = 0; at < len; at++) {
        memcpy(copy, token, at);
        memcpy(copy + at, token + at + 1, len - at);
        must_refuse(target, copy, len - 1, "a byte was removed", at);
        copy[at] = token[at];
        memcpy(copy + at + 1, token + at, len - at);
        must_refuse(target, copy, len + 1, "a byte was doubled", at);
        for (i = 0; i < sizeof(others); i++) {
            copy[at] = others[i];
            must_refuse(target, copy, len + 1, "a byte was put in", at);
            copy[at + 1] = token[at]; /* restored by the next memcpy */
        }
        memcpy(copy, token, len);
        for (i = 0; i < sizeof(others); i++) {
            copy[at] = others[i];
            if (others[i] != token[at]) {
                must_refuse(target, copy, len, "a byte was replaced", at);
            }
        }
        memcpy(copy, token, len);
        if (at + 1 < len && token[at] != token[at + 1]) {
            copy[at] = token[at + 1];
            copy[at + 1] = token[at];
            must_refuse(target, copy, len, "two bytes were swapped", at);
        }
    }
    free(copy);
}

static void cut_all(const struct target *target, const char *token)
{
    size_t len = strlen(token), at;

    for (at = 0; at < len; at++) {
        must_refuse(target, token, at, "it was cut", at);
        must_refuse(target, token + at + 1, len - at - 1, "its beginning was cut", at);
    }
}

static void no_changed_token_is_accepted(void **state)
{
    static const char *const some[] = {"RS256", "PS256", "ES256", "ES512", "EdDSA"};
    const struct keyring *keys = *state;
    size_t i;

    for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        EVP_PKEY *key = keyring_key(keys, some[i]);
        struct target target = {judge_policy(), keyring_set(key, NULL), some[i]};
        char *token = keyring_token(key, some[i]);

        assert_int_equal(judge(&target.policy, target.jwks, bytes_of(token), JUDGE_NOW, NULL, NULL),
                         REASON_ACCEPTED);
        flip_all(&target, token);
        edit_all(&target, token);
        cut_all(&target, token);
        free(token);
        jwks_free(&target.jwks);
    }
}

/* Signatures that some libraries take: none, zeros, r and s of zero or of the order, other lengths.
 */
static void made_up_signatures_are_refused(void **state)
{
    const struct keyring *keys = *state;
    struct token_policy policy = judge_policy();
    uint8_t raw[520];
    size_t i, len, fill;

    for (i = 0; i < KEYRING_ALGS; i++) {
        struct jwks *set = keyring_set(keyring_key(keys, keyring_algs[i]), NULL);
        char *header = keyring_header(keyring_algs[i]);

        for (len = 0; len <= sizeof(raw); len += len < 260 ? 1 : 13) {
            for (fill = 0; fill < 3; fill++) {
                char *token;

                memset(raw, fill == 0 ? 0 : fill == 1 ? 0xff : 0x01, sizeof(raw));
                token = mint_compact(header, JUDGE_PAYLOAD, raw, len);
                assert_int_not_equal(judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL),
                                     REASON_ACCEPTED);
                free(token);
            }
        }
        free(header);
        jwks_free(&set);
    }
}

/* The good signature with zeros before it, behind it, halves stretched, halves swapped, as DER. */
static void other_shapes_of_a_good_signature_are_refused(void **state)
{
    const struct keyring *keys = *state;
    struct token_policy policy = judge_policy();
    size_t i, shape;

    for (i = 0; i < KEYRING_ALGS; i++) {
        EVP_PKEY *key = keyring_key(keys, keyring_algs[i]);
        struct jwks *set = keyring_set(key, NULL);
        char *header = keyring_header(keyring_algs[i]);
        char *good = mint_token(key, keyring_algs[i], header, JUDGE_PAYLOAD);
        char *end = strrchr(good, '.');
        size_t len;
        uint8_t *sig = mint_signature(key, keyring_algs[i], good, (size_t)(end - good), &len);
        uint8_t *changed = malloc(len + 8);

        assert_non_null(changed);
        for (shape = 0; shape < 6; shape++) {
            size_t size = len;
            char *token;

            memset(changed, 0, len + 8);
            memcpy(changed, sig, len);
            switch (shape) {
            case 0: /* a zero before it */
                memmove(changed + 1, sig, len);
                changed[0] = 0;
                size = len + 1;
                break;
            case 1: /* a zero behind it */
                size = len + 1;
                break;
            case 2: /* the last byte cut */
                size = len - 1;
                break;
            case 3: /* both halves with a zero before them */
                changed[0] = 0;
                memcpy(changed + 1, sig, len / 2);
                changed[1 + len / 2] = 0;
                memcpy(changed + 2 + len / 2, sig + len / 2, len - len / 2);
                size = len + 2;
                break;
            case 4: /* halves swapped */
                memcpy(changed, sig + len / 2, len - len / 2);
                memcpy(changed + len - len / 2, sig, len / 2);
                break;
            default: /* twice */
                size = len + 8;
                memcpy(changed + len, sig, 8);
                break;
            }
            token = mint_compact(header, JUDGE_PAYLOAD, changed, size);
            assert_int_not_equal(judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL),
                                 REASON_ACCEPTED);
            free(token);
        }
        assert_int_equal(judge(&policy, set, bytes_of(good), JUDGE_NOW, NULL, NULL),
                         REASON_ACCEPTED);
        free(good);
        free(sig);
        free(changed);
        free(header);
        jwks_free(&set);
    }
}

/* PSS with a salt of another length than the digest, and PKCS #1 with the digest of another
 * algorithm, differ from what the name says. */
static void the_signatures_inner_parameters_count(void **state)
{
    static const char *const families[] = {"RS", "PS"};
    const struct keyring *keys = *state;
    struct jwks *set = keyring_set(keys->first[0], NULL);
    struct token_policy policy = judge_policy();
    size_t f, a, b;

    for (f = 0; f < 2; f++) {
        for (a = 256; a <= 512; a += 128) {
            for (b = 256; b <= 512; b += 128) {
                char *named = mint_text("%s%zu", families[f], a);
                char *used = mint_text("%s%zu", families[f], b);
                char *header = keyring_header(named);
                char *token = mint_token(keys->first[0], used, header, JUDGE_PAYLOAD);

                assert_int_equal(judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL),
                                 a == b ? REASON_ACCEPTED : REASON_BAD_SIGNATURE);
                free(named);
                free(used);
                free(header);
                free(token);
            }
        }
    }
    jwks_free(&set);
}

/* One process verifies for two tenants in turn: no key may stay behind from the token before. */
static void no_key_stays_behind(void **state)
{
    const struct keyring *keys = *state;
    struct token_policy policy = judge_policy();
    size_t i, round;

    for (i = 0; i < KEYRING_KINDS; i++) {
        static const char *const alg_of_kind[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};
        struct jwks *one = keyring_set(keys->first[i], NULL);
        struct jwks *two = keyring_set(keys->second[i], NULL);
        char *token = keyring_token(keys->first[i], alg_of_kind[i]);

        for (round = 0; round < 3; round++) {
            assert_int_equal(judge(&policy, one, bytes_of(token), JUDGE_NOW, NULL, NULL),
                             REASON_ACCEPTED);
            assert_int_equal(judge(&policy, two, bytes_of(token), JUDGE_NOW, NULL, NULL),
                             REASON_BAD_SIGNATURE);
        }
        free(token);
        jwks_free(&one);
        jwks_free(&two);
    }
}

/* Parts of two good tokens of one key do not make a third. */
static void parts_do_not_mix(void **state)
{
    const struct keyring *keys = *state;
    struct token_policy policy = judge_policy();
    size_t i, choice;

    for (i = 0; i < KEYRING_ALGS; i++) {
        EVP_PKEY *key = keyring_key(keys, keyring_algs[i]);
        struct jwks *set = keyring_set(key, NULL);
        char *header[2] = {keyring_header(keyring_algs[i]),
                           mint_text("{\"alg\":\"%s\",\"kid\":\"k\"}", keyring_algs[i])};
        static const char *const payload[2] = {JUDGE_PAYLOAD,
                                               "{\"iss\":\"" JUDGE_ISSUER
                                               "\",\"sub\":\"auth0|2\",\"aud\":\"" JUDGE_AUDIENCE
                                               "\",\"exp\":1800000061,\"iat\":1799999941}"};
        char *token[2] = {mint_token(key, keyring_algs[i], header[0], payload[0]),
                          mint_token(key, keyring_algs[i], header[1], payload[1])};

        for (choice = 0; choice < 8; choice++) {
            char *a = mint_base64url(header[choice & 1], strlen(header[choice & 1]));
            const char *p = payload[choice >> 1 & 1];
            char *b = mint_base64url(p, strlen(p));
            char *mixed = mint_text("%s.%s.%s", a, b, strrchr(token[choice >> 2], '.') + 1);
            bool whole = choice == 0 || choice == 7;

            assert_int_equal(judge(&policy, set, bytes_of(mixed), JUDGE_NOW, NULL, NULL),
                             whole ? REASON_ACCEPTED : REASON_BAD_SIGNATURE);
            free(a);
            free(b);
            free(mixed);
        }
        free(header[0]);
        free(header[1]);
        free(token[0]);
        free(token[1]);
        jwks_free(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_changed_token_is_accepted),
        cmocka_unit_test(made_up_signatures_are_refused),
        cmocka_unit_test(other_shapes_of_a_good_signature_are_refused),
        cmocka_unit_test(the_signatures_inner_parameters_count),
        cmocka_unit_test(no_key_stays_behind),
        cmocka_unit_test(parts_do_not_mix),
    };

    return cmocka_run_group_tests(tests, keyring_make, keyring_free);
}
