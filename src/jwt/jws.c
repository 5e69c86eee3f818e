/*
 * JWS compact serialization, RFC 7515 sections 3.1, 4 and 7.1: cutting, decoding, header.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/jws.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/wipe.h"
#include "jwt/base64url.h"

/* The three parts as they stand in the text. */
struct parts {
    struct bytes header;
    struct bytes payload;
    struct bytes signature;
};

bool jws_length_is_cut(size_t length)
{
    /* sudo 511, ssh 1023 and 1024, su and login 4095, and what a buffer of 256 bytes leaves. */
    static const size_t cuts[] = {255, 256, 511, 1023, 1024, 4095};
    size_t i;

    for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        if (length == cuts[i]) {
            return true;
        }
    }
    return false;
}

bool jws_bytes_only(struct bytes text)
{
    while (text.len > 0) {
        struct bytes piece = bytes_first(text, bytes_find(text, '.'));

        if (!base64url_alphabet(piece)) {
            return false;
        }
        text = bytes_from(text, piece.len + 1);
    }
    return true;
}

bool jws_may_begin(struct bytes text)
{
    return bytes_begin_with(text, "eyJ");
}

/* Cuts at the dots, and judges what their number tells. */
static enum reason cut(struct bytes compact, struct parts *parts)
{
    struct bytes rest = compact;
    struct bytes *part[] = {&parts->header, &parts->payload, &parts->signature};
    size_t dots = 0;

    for (;;) {
        struct bytes piece = bytes_first(rest, bytes_find(rest, '.'));

        if (!base64url_alphabet(piece)) {
            return REASON_NOT_A_TOKEN;
        }
        if (dots < 3) {
            *part[dots] = piece;
        }
        if (piece.len == rest.len) {
            break;
        }
        dots++;
        rest = bytes_from(rest, piece.len + 1);
    }
    if (dots == 2) {
        return REASON_ACCEPTED;
    }
    if (dots == 4) {
        return REASON_ENCRYPTED;
    }
    if (dots < 2 && jws_may_begin(compact) && jws_length_is_cut(compact.len)) {
        return REASON_TRUNCATED;
    }
    return REASON_NOT_A_TOKEN;
}

static enum reason decode(struct bytes text, struct blob *out)
{
    if (!blob_new(out, base64url_decoded_size(text.len))) {
        return REASON_OUT_OF_MEMORY;
    }
    return base64url_decode(text, out->ptr, &out->len) ? REASON_ACCEPTED : REASON_MALFORMED;
}

/* RFC 7797: "b64": true is what everybody does anyway, anything else changes what was signed. */
static bool b64_is_plain(const struct json *header)
{
    const struct json *member;
    bool plain;

    return !json_member(header, "b64", &member) || (json_boolean(member, &plain) && plain);
}

static enum reason read_header(struct jws *jws, struct bytes text)
{
    struct blob decoded;
    enum json_found kid;
    enum json_found typ;
    struct bytes alg;
    enum reason r = decode(text, &decoded);

    if (r == REASON_ACCEPTED) {
        r = json_parse(bytes_of_blob(&decoded), &jws->header);
    }
    blob_free(&decoded);
    if (r != REASON_ACCEPTED) {
        return r;
    }
    kid = json_member_string(jws->header, "kid", &jws->kid);
    typ = json_member_string(jws->header, "typ", &jws->typ);
    if (json_member_string(jws->header, "alg", &alg) != JSON_STRING || kid == JSON_OTHER ||
        typ == JSON_OTHER || jws->kid.len > JWS_KID_MAX || !b64_is_plain(jws->header)) {
        return REASON_MALFORMED;
    }
    jws->alg = alg_find(alg);
    jws->has_kid = kid == JSON_STRING;
    jws->has_typ = typ == JSON_STRING;
    return REASON_ACCEPTED;
}

static enum reason make_id(struct jws *jws)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t length = 0;
    int good;
    size_t i;

    ERR_set_mark();
    good = EVP_Q_digest(NULL, "SHA256", NULL, jws->signing_input.ptr, jws->signing_input.len,
                        digest, &length);
    ERR_pop_to_mark();
    if (good != 1 || length * 2 + 1 != sizeof(jws->id)) {
        return REASON_INTERNAL;
    }
    for (i = 0; i < length; i++) {
        jws->id[2 * i] = hex[digest[i] >> 4];
        jws->id[2 * i + 1] = hex[digest[i] & 15];
    }
    jws->id[2 * length] = '\0';
    return REASON_ACCEPTED;
}

static enum reason fill(struct jws *jws, struct bytes compact)
{
    struct parts parts = {0};
    enum reason r = cut(compact, &parts);

    if (r == REASON_ACCEPTED) {
        jws->signing_input = bytes_first(compact, parts.header.len + 1 + parts.payload.len);
        r = read_header(jws, parts.header);
    }
    /* Before the payload: a cut can fall anywhere, but a short signature is the surest sign of one.
     */
    if (r == REASON_ACCEPTED && parts.signature.len < alg_row(jws->alg)->least_text) {
        r = REASON_TRUNCATED;
    }
    if (r == REASON_ACCEPTED) {
        r = decode(parts.payload, &jws->payload);
    }
    if (r == REASON_ACCEPTED) {
        r = decode(parts.signature, &jws->signature);
    }
    if (r == REASON_ACCEPTED) {
        r = make_id(jws);
    }
    return r;
}

enum reason jws_parse(struct bytes compact, size_t max_size, struct jws **out)
{
    enum reason r;
    struct jws *jws;

    *out = NULL;
    if (compact.len > max_size) {
        return REASON_TOO_LARGE;
    }
    jws = calloc(1, sizeof(*jws));
    if (jws == NULL) {
        return REASON_OUT_OF_MEMORY;
    }
    r = fill(jws, compact);
    if (r != REASON_ACCEPTED) {
        jws_free(&jws);
        return r;
    }
    *out = jws;
    return REASON_ACCEPTED;
}

enum reason jws_parse_claims(struct jws *jws)
{
    enum reason r = json_parse(bytes_of_blob(&jws->payload), &jws->claims);

    if (r == REASON_ACCEPTED && !json_is_object(jws->claims)) {
        json_free(&jws->claims);
        r = REASON_MALFORMED;
    }
    return r;
}

enum reason jws_check_crit(const struct jws *jws)
{
    const struct json *crit;

    return json_member(jws->header, "crit", &crit) ? REASON_UNSUPPORTED_CRIT : REASON_ACCEPTED;
}

bool jws_issuer(const struct jws *jws, struct bytes *issuer)
{
    return json_member_string(jws->claims, "iss", issuer) == JSON_STRING;
}

void jws_free(struct jws **jws)
{
    if (*jws == NULL) {
        return;
    }
    blob_free(&(*jws)->payload);
    blob_free(&(*jws)->signature);
    json_free(&(*jws)->header);
    json_free(&(*jws)->claims);
    wipe_free(*jws, sizeof(**jws));
    *jws = NULL;
}
