/*
 * JSON Web Keys: RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2. Entries stay
 * JSON until one is chosen; only that one is imported.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/jwk.h"

#include <openssl/core_names.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "jwt/base64url.h"
#include "jwt/json.h"

enum {
    RSA_MIN_BITS = 2048,
    RSA_MAX_BITS = 8192,
    RSA_MAX_BYTES = RSA_MAX_BITS / 8,
    /* Room for a few leading zeros, which stand for nothing. */
    NUMBER_MAX_TEXT = RSA_MAX_BYTES * 4 / 3 + 16,
    EXPONENT_MAX_BITS = 256,
    EC_MAX_BYTES = 66,
    CURVE_NAME_SIZE = 16,
    OKP_BYTES = 32
};

static struct bytes string_member(const struct json *jwk, const char *name)
{
    struct bytes content;

    json_member_string(jwk, name, &content);
    return content;
}

static bool member_is(const struct json *jwk, const char *name, const char *text)
{
    struct bytes content;

    return json_member_string(jwk, name, &content) == JSON_STRING &&
           bytes_equal_string(content, text);
}

/* RFC 7517 section 4.3. */
static bool key_ops_allow_verify(const struct json *jwk)
{
    const struct json *ops;
    bool found = false;
    size_t i;

    if (!json_member(jwk, "key_ops", &ops)) {
        return true;
    }
    for (i = 0; i < json_array_length(ops); i++) {
        struct bytes op;

        if (!json_string(json_array_item(ops, i), &op)) {
            return false;
        }
        found = found || bytes_equal_string(op, "verify");
    }
    return found;
}

/* A key whose private half is published is everybody's key. */
static bool publishes_secret(const struct json *jwk)
{
    static const char *const secrets[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    const struct json *member;
    size_t i;

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (json_member(jwk, secrets[i], &member)) {
            return true;
        }
    }
    return false;
}

static const char *key_type_name(enum key_type type)
{
    static const char *const names[] = {
        [KEY_TYPE_UNKNOWN] = "unknown",
        [KEY_TYPE_RSA] = "RSA",
        [KEY_TYPE_EC] = "EC",
        [KEY_TYPE_OKP] = "OKP",
    };

    return names[type];
}

/* Why the members around the key itself forbid its use with the algorithm, or NULL. */
static const char *forbidden(const struct json *jwk, enum alg alg)
{
    const struct json *member;

    if (!json_is_object(jwk)) {
        return "it is no JSON object";
    }
    if (json_member(jwk, "unusable", &member)) {
        return "it could not be used when it was fetched; the key cache notes why";
    }
    if (!member_is(jwk, "kty", key_type_name(alg_row(alg)->key_type))) {
        return "kty is not the algorithm's";
    }
    if (json_member(jwk, "use", &member) && !member_is(jwk, "use", "sig")) {
        return "use is not sig";
    }
    if (!key_ops_allow_verify(jwk)) {
        return "key_ops does not allow verify";
    }
    if (json_member(jwk, "alg", &member) && !member_is(jwk, "alg", alg_name(alg))) {
        return "alg is another one";
    }
    if (publishes_secret(jwk)) {
        return "it publishes private members";
    }
    return NULL;
}

static enum reason import(const char *type, const OSSL_PARAM *params, EVP_PKEY **key)
{
    enum reason r = REASON_OUT_OF_MEMORY;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    *key = NULL;
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1) {
        /* The parameters are only read. */
        union {
            const OSSL_PARAM *in;
            OSSL_PARAM *out;
        } same = {params};

        r = EVP_PKEY_fromdata(context, key, EVP_PKEY_PUBLIC_KEY, same.out) == 1 ? REASON_ACCEPTED
                                                                                : REASON_BAD_KEY;
    }
    EVP_PKEY_CTX_free(context);
    return r;
}

/* An unsigned big-endian number (RFC 7518 section 2, Base64urlUInt) of at most max_bytes octets,
 * into *out. */
static enum reason read_number(const struct json *jwk, const char *name, BIGNUM **out)
{
    uint8_t octets[NUMBER_MAX_TEXT];
    struct bytes text = string_member(jwk, name);
    size_t length = 0;

    *out = NULL;
    if (text.len == 0 || text.len > NUMBER_MAX_TEXT || !base64url_decode(text, octets, &length)) {
        return REASON_BAD_KEY;
    }
    *out = BN_bin2bn(octets, (int)length, NULL);
    return *out == NULL ? REASON_OUT_OF_MEMORY : REASON_ACCEPTED;
}

static const char *rsa_refused(const BIGNUM *n, const BIGNUM *e)
{
    int bits = BN_num_bits(n);

    if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS) {
        return "the RSA modulus has fewer than 2048 or more than 8192 bits";
    }
    if (!BN_is_odd(n)) {
        return "the RSA modulus is even";
    }
    /* FIPS 186-5 section 5.4; odd and over 16 bits is 65537 or more. */
    if (!BN_is_odd(e) || BN_num_bits(e) <= 16 || BN_num_bits(e) > EXPONENT_MAX_BITS) {
        return "the RSA exponent is even, under 65537 or over 256 bits";
    }
    return NULL;
}

static enum reason import_rsa(const struct json *jwk, EVP_PKEY **key, const char **why)
{
    unsigned char modulus[RSA_MAX_BYTES];
    unsigned char exponent[EXPONENT_MAX_BITS / 8];
    OSSL_PARAM params[3];
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    enum reason r = read_number(jwk, "n", &n);

    if (r == REASON_ACCEPTED) {
        r = read_number(jwk, "e", &e);
    }
    *why = "n or e is missing, too long or not canonical base64url";
    if (r != REASON_ACCEPTED) {
        goto out;
    }
    *why = rsa_refused(n, e);
    if (*why != NULL) {
        r = REASON_BAD_KEY;
        goto out;
    }
    r = REASON_INTERNAL;
    if (BN_bn2nativepad(n, modulus, BN_num_bytes(n)) <= 0 ||
        BN_bn2nativepad(e, exponent, BN_num_bytes(e)) <= 0) {
        goto out;
    }
    params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, (size_t)BN_num_bytes(n));
    params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, (size_t)BN_num_bytes(e));
    params[2] = OSSL_PARAM_construct_end();
    *why = "OpenSSL refuses the RSA key";
    r = import("RSA", params, key);
out:
    BN_free(n);
    BN_free(e);
    return r;
}

/* RFC 7518 section 6.2.1.2: a coordinate has the full length of the field, no more and no less. */
static bool read_coordinate(const struct json *jwk, const char *name, size_t size, uint8_t *out)
{
    uint8_t octets[EC_MAX_BYTES + 3];
    struct bytes text = string_member(jwk, name);
    size_t length = 0;

    if (base64url_decoded_size(text.len) > sizeof(octets) ||
        !base64url_decode(text, octets, &length) || length != size) {
        return false;
    }
    memcpy(out, octets, size);
    return true;
}

static enum reason check_point(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    enum reason r = REASON_OUT_OF_MEMORY;

    if (context != NULL) {
        r = EVP_PKEY_public_check_quick(context) == 1 ? REASON_ACCEPTED : REASON_BAD_KEY;
    }
    EVP_PKEY_CTX_free(context);
    return r;
}

static enum reason import_ec(const struct json *jwk, enum alg alg, EVP_PKEY **key, const char **why)
{
    const struct alg_row *row = alg_row(alg);
    uint8_t point[1 + 2 * EC_MAX_BYTES];
    char group[CURVE_NAME_SIZE] = "";
    OSSL_PARAM params[3];
    enum reason r;

    *why = "crv is not the algorithm's";
    if (!member_is(jwk, "crv", row->curve)) {
        return REASON_BAD_KEY;
    }
    *why = "x or y is missing, not canonical base64url or not of the curve's length";
    point[0] = 4; /* uncompressed, SEC 1 section 2.3.3 */
    if (!read_coordinate(jwk, "x", row->coordinate, point + 1) ||
        !read_coordinate(jwk, "y", row->coordinate, point + 1 + row->coordinate)) {
        return REASON_BAD_KEY;
    }
    memcpy(group, row->curve, strnlen(row->curve, sizeof(group) - 1));
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    params[1] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * row->coordinate);
    params[2] = OSSL_PARAM_construct_end();
    *why = "the point is not on the curve";
    r = import("EC", params, key);
    if (r == REASON_ACCEPTED) {
        r = check_point(*key);
    }
    return r;
}

static enum reason import_okp(const struct json *jwk, enum alg alg, EVP_PKEY **key,
                              const char **why)
{
    uint8_t point[OKP_BYTES];
    OSSL_PARAM params[2];

    *why = "crv is not the algorithm's";
    if (!member_is(jwk, "crv", alg_row(alg)->curve)) {
        return REASON_BAD_KEY;
    }
    *why = "x is missing, not canonical base64url or not 32 octets long";
    if (!read_coordinate(jwk, "x", sizeof(point), point)) {
        return REASON_BAD_KEY;
    }
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
    params[1] = OSSL_PARAM_construct_end();
    *why = "OpenSSL refuses the Ed25519 key";
    return import("ED25519", params, key);
}

enum reason jwk_import(const struct json *jwk, enum alg alg, EVP_PKEY **key, const char **why)
{
    enum reason r = REASON_BAD_KEY;

    *key = NULL;
    *why = forbidden(jwk, alg);
    if (*why != NULL) {
        return REASON_BAD_KEY;
    }
    ERR_set_mark();
    switch (alg_row(alg)->key_type) {
    case KEY_TYPE_RSA:
        r = import_rsa(jwk, key, why);
        break;
    case KEY_TYPE_EC:
        r = import_ec(jwk, alg, key, why);
        break;
    case KEY_TYPE_OKP:
        r = import_okp(jwk, alg, key, why);
        break;
    case KEY_TYPE_UNKNOWN:
        break;
    }
    ERR_pop_to_mark();
    if (r != REASON_ACCEPTED) {
        EVP_PKEY_free(*key);
        *key = NULL;
    }
    return r;
}

/* The algorithm to judge an entry by that no token asked for: its own, else the first of its type.
 */
static enum alg alg_of_entry(const struct json *jwk)
{
    struct bytes kty = string_member(jwk, "kty");
    struct bytes crv = string_member(jwk, "crv");
    struct bytes name;
    int alg;

    if (json_member_string(jwk, "alg", &name) != JSON_ABSENT) {
        return alg_find(name);
    }
    for (alg = ALG_UNKNOWN + 1; alg < ALG_COUNT; alg++) {
        const struct alg_row *row = alg_row((enum alg)alg);

        if (bytes_equal_string(kty, key_type_name(row->key_type)) &&
            (row->curve == NULL || bytes_equal_string(crv, row->curve))) {
            return (enum alg)alg;
        }
    }
    return ALG_UNKNOWN;
}

void jwk_describe(const struct json *jwk, struct jwk_info *info)
{
    enum alg alg = alg_of_entry(jwk);
    struct bytes kty = string_member(jwk, "kty");
    EVP_PKEY *key = NULL;
    int type;

    *info = (struct jwk_info){.kty = "unknown", .curve = ""};
    info->has_kid = json_member_string(jwk, "kid", &info->kid) == JSON_STRING;
    info->alg = string_member(jwk, "alg");
    for (type = KEY_TYPE_RSA; type <= KEY_TYPE_OKP; type++) {
        if (bytes_equal_string(kty, key_type_name((enum key_type)type))) {
            info->kty = key_type_name((enum key_type)type);
        }
    }
    if (alg == ALG_UNKNOWN) {
        struct bytes noted = string_member(jwk, "unusable");

        /* In the key cache only kid and cause are left of such an entry. */
        info->unusable = kty.ptr == NULL && noted.len > 0
                             ? (const char *)noted.ptr
                             : "its algorithm, type or curve is none that this program knows";
        return;
    }
    info->curve = alg_row(alg)->curve == NULL ? "" : alg_row(alg)->curve;
    if (jwk_import(jwk, alg, &key, &info->unusable) == REASON_ACCEPTED) {
        info->unusable = NULL;
        info->bits = EVP_PKEY_get_bits(key);
    } else if (info->unusable == NULL) {
        info->unusable = "it could not be imported";
    }
    EVP_PKEY_free(key);
}

void jwk_write(FILE *out, const struct json *jwk)
{
    static const char *const members[] = {"kid", "kty", "use", "alg", "n", "e", "crv", "x", "y"};
    const char *separator = "";
    struct jwk_info info;
    size_t i;

    jwk_describe(jwk, &info);
    fputc('{', out);
    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct bytes content;

        if (json_member_string(jwk, members[i], &content) == JSON_STRING &&
            (info.unusable == NULL || i == 0)) {
            fprintf(out, "%s\"%s\":", separator, members[i]);
            json_write_string(out, content);
            separator = ",";
        }
    }
    if (info.unusable != NULL) {
        fprintf(out, "%s\"unusable\":", separator);
        json_write_string(out, bytes_of(info.unusable));
    }
    fputc('}', out);
}
