/*
 * The floor of the benchmark.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "floor.h"

#include <json-c/json.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

struct floor {
    const char *jwks_text;
    const char *issuer;
    const char *audience;
    struct json_tokener *tokener;
    struct json_object *jwks;
    EVP_MD_CTX *context;
    EVP_PKEY *loaded;
    uint8_t values[256]; /* of the base64url characters */
    uint8_t decoded[3][4096];
    size_t decoded_len[3];
    uint8_t der[160];
    const char *input;
    size_t input_len;
};

static size_t decode(const struct floor *floor, const char *text, size_t len, uint8_t *out)
{
    const uint8_t *in = (const uint8_t *)text;
    uint8_t *start = out;

    for (; len >= 4; len -= 4, in += 4) {
        uint32_t bits = (uint32_t)floor->values[in[0]] << 18 |
                        (uint32_t)floor->values[in[1]] << 12 | (uint32_t)floor->values[in[2]] << 6 |
                        floor->values[in[3]];

        *out++ = (uint8_t)(bits >> 16);
        *out++ = (uint8_t)(bits >> 8);
        *out++ = (uint8_t)bits;
    }
    if (len >= 2) {
        *out++ = (uint8_t)(floor->values[in[0]] << 2 | floor->values[in[1]] >> 4);
    }
    if (len == 3) {
        *out++ = (uint8_t)(floor->values[in[1]] << 4 | floor->values[in[2]] >> 2);
    }
    return (size_t)(out - start);
}

static struct json_object *parse(struct floor *floor, const uint8_t *text, size_t len)
{
    json_tokener_reset(floor->tokener);
    return json_tokener_parse_ex(floor->tokener, (const char *)text, (int)len);
}

static const char *text_of(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : NULL;
}

static struct json_object *find_key(struct json_object *jwks, const char *kid)
{
    struct json_object *keys = json_object_object_get(jwks, "keys");
    size_t i;

    for (i = 0; i < json_object_array_length(keys); i++) {
        struct json_object *key = json_object_array_get_idx(keys, i);

        if (strcmp(text_of(key, "kid"), kid) == 0) {
            return key;
        }
    }
    return NULL;
}

/* OSSL_PARAM holds whole numbers in the machine's byte order; here that is little-endian. */
static void reverse(uint8_t *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len / 2; i++) {
        uint8_t swap = bytes[i];

        bytes[i] = bytes[len - 1 - i];
        bytes[len - 1 - i] = swap;
    }
}

static EVP_PKEY *import(const struct floor *floor, struct json_object *jwk)
{
    bool rsa = strcmp(text_of(jwk, "kty"), "RSA") == 0;
    const char *a = text_of(jwk, rsa ? "n" : "x");
    const char *b = text_of(jwk, rsa ? "e" : "y");
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, rsa ? "RSA" : "EC", NULL);
    uint8_t first[1026], second[1024];
    char group[] = "P-256";
    size_t a_len = decode(floor, a, strlen(a), first + 1);
    size_t b_len = decode(floor, b, strlen(b), second);
    OSSL_PARAM params[3];
    EVP_PKEY *key = NULL;

    if (rsa) {
        reverse(first + 1, a_len);
        reverse(second, b_len);
        params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, first + 1, a_len);
        params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, second, b_len);
    } else {
        first[0] = 4;
        memcpy(first + 1 + a_len, second, b_len);
        params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
        params[1] =
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, first, 1 + a_len + b_len);
    }
    params[2] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

/* r and s side by side to DER, in place of decoded[2]. */
static void make_der(struct floor *floor)
{
    int half = (int)(floor->decoded_len[2] / 2);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    uint8_t *at = floor->der;

    ECDSA_SIG_set0(signature, BN_bin2bn(floor->decoded[2], half, NULL),
                   BN_bin2bn(floor->decoded[2] + half, half, NULL));
    floor->decoded_len[2] = (size_t)i2d_ECDSA_SIG(signature, &at);
    ECDSA_SIG_free(signature);
    memcpy(floor->decoded[2], floor->der, floor->decoded_len[2]);
}

/* A digest context that is initialised again goes on with the key it had and ignores the new one
 * (OpenSSL 3.0), so it must be reset where the key may have changed. */
static bool check_signature(struct floor *floor, EVP_PKEY *key)
{
    if (key != floor->loaded) {
        EVP_MD_CTX_reset(floor->context);
    }
    return EVP_DigestVerifyInit_ex(floor->context, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
           EVP_DigestVerify(floor->context, floor->decoded[2], floor->decoded_len[2],
                            (const uint8_t *)floor->input, floor->input_len) == 1;
}

static bool claims_are_good(const struct floor *floor, struct json_object *claims, int64_t now)
{
    struct json_object *audience = json_object_object_get(claims, "aud");
    const char *issuer = text_of(claims, "iss");
    size_t i;

    if (issuer == NULL || strcmp(issuer, floor->issuer) != 0 ||
        json_object_get_int64(json_object_object_get(claims, "exp")) <= now) {
        return false;
    }
    if (!json_object_is_type(audience, json_type_array)) {
        return strcmp(json_object_get_string(audience), floor->audience) == 0;
    }
    for (i = 0; i < json_object_array_length(audience); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(audience, i)),
                   floor->audience) == 0) {
            return true;
        }
    }
    return false;
}

/* The key that the header names, as the mode says; *own is to be freed. */
static EVP_PKEY *key_for(struct floor *floor, enum floor_keys keys, const char *kid, EVP_PKEY **own)
{
    struct json_object *set = floor->jwks;

    if (keys == FLOOR_KEYS_LOADED) {
        return floor->loaded;
    }
    if (keys == FLOOR_KEYS_PARSED) {
        set = parse(floor, (const uint8_t *)floor->jwks_text, strlen(floor->jwks_text));
    }
    *own = import(floor, find_key(set, kid));
    if (keys == FLOOR_KEYS_PARSED) {
        json_object_put(set);
    }
    return *own;
}

bool floor_verify(struct floor *floor, enum floor_keys keys, const char *token, size_t len,
                  int64_t now)
{
    const char *first = memchr(token, '.', len);
    const char *second = first == NULL ? NULL : strchr(first + 1, '.');
    struct json_object *header, *claims = NULL;
    EVP_PKEY *own = NULL, *key;
    const char *alg;
    bool good = false;

    if (second == NULL || len > 5000) {
        return false;
    }
    floor->decoded_len[0] = decode(floor, token, (size_t)(first - token), floor->decoded[0]);
    floor->decoded_len[1] =
        decode(floor, first + 1, (size_t)(second - first - 1), floor->decoded[1]);
    floor->decoded_len[2] =
        decode(floor, second + 1, (size_t)(token + len - second - 1), floor->decoded[2]);
    floor->input = token;
    floor->input_len = (size_t)(second - token);
    header = parse(floor, floor->decoded[0], floor->decoded_len[0]);
    alg = text_of(header, "alg");
    key = key_for(floor, keys, text_of(header, "kid"), &own);
    if (key != NULL && alg != NULL &&
        strcmp(alg, EVP_PKEY_is_a(key, "RSA") ? "RS256" : "ES256") == 0) {
        if (alg[0] == 'E') {
            make_der(floor);
        }
        good = check_signature(floor, key);
    }
    if (good) {
        claims = parse(floor, floor->decoded[1], floor->decoded_len[1]);
        good = claims_are_good(floor, claims, now);
    }
    json_object_put(header);
    json_object_put(claims);
    EVP_PKEY_free(own);
    return good;
}

bool floor_signature(struct floor *floor)
{
    return check_signature(floor, floor->loaded);
}

struct floor *floor_new(const char *jwks, const char *issuer, const char *audience)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct floor *floor = calloc(1, sizeof(*floor));
    uint8_t i;

    if (floor == NULL) {
        return NULL;
    }
    for (i = 0; i < 64; i++) {
        floor->values[(uint8_t)alphabet[i]] = i;
    }
    floor->jwks_text = jwks;
    floor->issuer = issuer;
    floor->audience = audience;
    floor->tokener = json_tokener_new();
    floor->context = EVP_MD_CTX_new();
    if (floor->tokener != NULL) {
        floor->jwks = parse(floor, (const uint8_t *)jwks, strlen(jwks));
    }
    if (floor->jwks != NULL && floor->context != NULL) {
        floor->loaded = import(
            floor, json_object_array_get_idx(json_object_object_get(floor->jwks, "keys"), 0));
    }
    if (floor->loaded == NULL) {
        floor_free(floor);
        return NULL;
    }
    return floor;
}

void floor_free(struct floor *floor)
{
    if (floor == NULL) {
        return;
    }
    if (floor->tokener != NULL) {
        json_tokener_free(floor->tokener);
    }
    json_object_put(floor->jwks);
    EVP_MD_CTX_free(floor->context);
    EVP_PKEY_free(floor->loaded);
    free(floor);
}
