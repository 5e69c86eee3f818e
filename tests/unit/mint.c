/*
 * Keys and tokens for tests (RFC 7515, RFC 7517, RFC 7518, RFC 8037).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "mint.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEED(condition) need((condition), #condition)

static void need(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "mint: this failed: %s\n", what);
        exit(99);
    }
}

char *mint_text(const char *format, ...)
{
    va_list args;
    char *out = NULL;

    va_start(args, format);
    NEED(vasprintf(&out, format, args) >= 0);
    va_end(args);
    return out;
}

EVP_PKEY *mint_rsa(unsigned bits)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);

    NEED(key != NULL);
    return key;
}

EVP_PKEY *mint_key(const char *kind)
{
    EVP_PKEY *key = NULL;

    if (strcmp(kind, "RSA") == 0) {
        return mint_rsa(2048);
    }
    if (strcmp(kind, "Ed25519") == 0) {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    } else {
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
    }
    NEED(key != NULL);
    return key;
}

const char *mint_kind(const char *alg)
{
    static const char *const kinds[][2] = {
        {"RS256", "RSA"},   {"RS384", "RSA"},     {"RS512", "RSA"},   {"PS256", "RSA"},
        {"PS384", "RSA"},   {"PS512", "RSA"},     {"ES256", "P-256"}, {"ES384", "P-384"},
        {"ES512", "P-521"}, {"EdDSA", "Ed25519"},
    };
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(alg, kinds[i][0]) == 0) {
            return kinds[i][1];
        }
    }
    return NULL;
}

char *mint_base64url(const void *data, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *in = data;
    char *out = malloc(len / 3 * 4 + 5);
    size_t at = 0, i;
    unsigned bits = 0, have = 0;

    NEED(out != NULL);
    for (i = 0; i < len; i++) {
        bits = bits << 8 | in[i];
        have += 8;
        while (have >= 6) {
            have -= 6;
            out[at++] = alphabet[bits >> have & 63];
        }
    }
    if (have > 0) {
        out[at++] = alphabet[bits << (6 - have) & 63];
    }
    out[at] = '\0';
    return out;
}

/* One big number of the key, padded to width bytes (0: as short as it is). */
static char *number(EVP_PKEY *key, const char *name, int width)
{
    BIGNUM *value = NULL;
    uint8_t raw[2048];
    int len;

    NEED(EVP_PKEY_get_bn_param(key, name, &value) == 1);
    len = width > 0 ? width : BN_num_bytes(value);
    NEED(len <= (int)sizeof(raw) && BN_bn2binpad(value, raw, len) == len);
    BN_free(value);
    return mint_base64url(raw, (size_t)len);
}

static char *key_members(EVP_PKEY *key)
{
    char *a, *b = NULL, *out;

    if (EVP_PKEY_is_a(key, "RSA")) {
        a = number(key, OSSL_PKEY_PARAM_RSA_N, 0);
        b = number(key, OSSL_PKEY_PARAM_RSA_E, 0);
        out = mint_text("\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"", a, b);
    } else if (EVP_PKEY_is_a(key, "EC")) {
        int bits = EVP_PKEY_get_bits(key);
        int width = (bits + 7) / 8;

        a = number(key, OSSL_PKEY_PARAM_EC_PUB_X, width);
        b = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
        out = mint_text("\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"%s\",\"y\":\"%s\"", bits, a, b);
    } else {
        uint8_t raw[32];
        size_t len = sizeof(raw);

        NEED(EVP_PKEY_get_raw_public_key(key, raw, &len) == 1);
        a = mint_base64url(raw, len);
        out = mint_text("\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"", a);
    }
    free(a);
    free(b);
    return out;
}

char *mint_jwk(EVP_PKEY *key, const char *kid, const char *alg, const char *more)
{
    char *members = key_members(key);
    char *out =
        mint_text("{%s%s%s%s%s%s%s%s}", members, kid == NULL ? "" : ",\"kid\":\"",
                  kid == NULL ? "" : kid, kid == NULL ? "" : "\"", alg == NULL ? "" : ",\"alg\":\"",
                  alg == NULL ? "" : alg, alg == NULL ? "" : "\"", more == NULL ? "" : more);

    free(members);
    return out;
}

char *mint_jwks(const char *a, const char *b)
{
    return mint_text("{\"keys\":[%s%s%s]}", a, b == NULL ? "" : ",", b == NULL ? "" : b);
}

/* DER of an ECDSA signature to r and s side by side, RFC 7518 section 3.4. */
static uint8_t *side_by_side(EVP_PKEY *key, const uint8_t *der, size_t der_len, size_t *len)
{
    int width = (EVP_PKEY_get_bits(key) + 7) / 8;
    const uint8_t *at = der;
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    uint8_t *out = malloc((size_t)width * 2);

    NEED(parts != NULL && out != NULL);
    NEED(BN_bn2binpad(ECDSA_SIG_get0_r(parts), out, width) == width);
    NEED(BN_bn2binpad(ECDSA_SIG_get0_s(parts), out + width, width) == width);
    ECDSA_SIG_free(parts);
    *len = (size_t)width * 2;
    return out;
}

uint8_t *mint_signature(EVP_PKEY *key, const char *alg, const void *input, size_t input_len,
                        size_t *len)
{
    bool plain = strcmp(alg, "EdDSA") == 0;
    char digest[8] = "SHA";
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details = NULL;
    uint8_t *raw, *out;
    size_t raw_len = 0;

    strncat(digest, plain ? "" : alg + 2, 3);
    NEED(context != NULL);
    NEED(EVP_DigestSignInit_ex(context, &details, plain ? NULL : digest, NULL, NULL, key, NULL) ==
         1);
    if (alg[0] == 'P') {
        NEED(EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1);
        NEED(EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1);
    }
    NEED(EVP_DigestSign(context, NULL, &raw_len, input, input_len) == 1);
    raw = malloc(raw_len);
    NEED(raw != NULL && EVP_DigestSign(context, raw, &raw_len, input, input_len) == 1);
    EVP_MD_CTX_free(context);
    if (!EVP_PKEY_is_a(key, "EC")) {
        *len = raw_len;
        return raw;
    }
    out = side_by_side(key, raw, raw_len, len);
    free(raw);
    return out;
}

static char *signing_input(const char *header, const char *payload)
{
    char *a = mint_base64url(header, strlen(header));
    char *b = mint_base64url(payload, strlen(payload));
    char *out = mint_text("%s.%s", a, b);

    free(a);
    free(b);
    return out;
}

char *mint_compact(const char *header, const char *payload, const void *signature, size_t len)
{
    char *input = signing_input(header, payload);
    char *last = mint_base64url(signature, len);
    char *out = mint_text("%s.%s", input, last);

    free(input);
    free(last);
    return out;
}

char *mint_token(EVP_PKEY *key, const char *alg, const char *header, const char *payload)
{
    char *input = signing_input(header, payload);
    size_t len = 0;
    uint8_t *signature = mint_signature(key, alg, input, strlen(input), &len);
    char *out = mint_compact(header, payload, signature, len);

    free(input);
    free(signature);
    return out;
}

char *mint_hmac(const char *digest, const void *secret, size_t len, const char *header,
                const char *payload)
{
    char *input = signing_input(header, payload);
    uint8_t tag[EVP_MAX_MD_SIZE];
    size_t tag_len = 0;
    char *out;

    NEED(EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, secret, len, (const unsigned char *)input,
                   strlen(input), tag, sizeof(tag), &tag_len) != NULL);
    out = mint_compact(header, payload, tag, tag_len);
    free(input);
    return out;
}
