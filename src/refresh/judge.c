/*
 * OpenID Connect Discovery 1.0 section 4.3 and RFC 7517 section 5, for hostile bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "refresh/judge.h"

#include <stdlib.h>
#include <string.h>

#include "host/https_url.h"
#include "jwt/json.h"
#include "refresh/frame.h"

char *discovery_url(const char *issuer)
{
    static const char suffix[] = "/.well-known/openid-configuration";
    size_t length = strlen(issuer);
    char *url = NULL;

    if (length > 0 && issuer[length - 1] == '/') {
        length--;
    }
    url = malloc(length + sizeof(suffix));
    if (url != NULL) {
        memcpy(url, issuer, length);
        memcpy(url + length, suffix, sizeof(suffix));
    }
    return url;
}

/* Parses the body as a JSON object, or says what it is instead. */
static struct json *parse_object(const char *url, const char *wanted, struct bytes body,
                                 struct text *why)
{
    struct json *root = NULL;
    struct bytes start = bytes_trim(body);
    enum reason r = json_parse(body, &root);

    if (r == REASON_ACCEPTED && json_is_object(root)) {
        return root;
    }
    json_free(&root);
    if (r == REASON_OUT_OF_MEMORY) {
        text_set(why, "%s: out of memory", url);
    } else if (start.len == 0) {
        text_set(why, "%s: answer is empty, not %s", url, wanted);
    } else if (start.ptr[0] == '<') {
        text_set(why, "%s: answer is HTML, not %s", url, wanted);
    } else {
        text_set(why, "%s: answer is not %s", url, wanted);
    }
    return NULL;
}

char *discovery_judge(const char *url, const char *issuer, struct bytes body, struct text *why)
{
    struct json *root = parse_object(url, "a JSON discovery document", body, why);
    struct bytes found;
    char *jwks_uri = NULL;

    if (root == NULL) {
        return NULL;
    }
    if (json_member_string(root, "issuer", &found) != JSON_STRING) {
        text_set(why, "%s: the document names no issuer", url);
    } else if (!bytes_equal_string(found, issuer)) {
        text_set(why, "%s: the document is of issuer ", url);
        text_quote(why, found);
        text_add(why, ", not of %s: the two must be the same, byte for byte", issuer);
    } else if (json_member_string(root, "jwks_uri", &found) != JSON_STRING) {
        text_set(why, "%s: the document names no jwks_uri", url);
    } else if (!https_url_at_issuer(found, issuer)) {
        text_set(why, "%s: the document names jwks_uri ", url);
        text_quote(why, found);
        text_add(why, ", which is not https on the issuer's host and port: if that is right, "
                      "configure it as jwks_uri");
    } else {
        jwks_uri = bytes_to_string(found);
        if (jwks_uri == NULL) {
            text_set(why, "%s: out of memory", url);
        }
    }
    json_free(&root);
    return jwks_uri;
}

static bool has_usable_key(const char *url, const struct jwks *jwks, struct text *why)
{
    const char *cause = NULL;
    size_t i;

    for (i = 0; i < jwks_count(jwks); i++) {
        struct jwk_info info;

        jwks_describe(jwks, i, &info);
        if (info.unusable == NULL) {
            return true;
        }
        cause = cause == NULL ? info.unusable : cause;
    }
    if (cause == NULL) {
        text_set(why, "%s: the key set is empty", url);
    } else {
        text_set(why, "%s: none of the %zu keys can be used", url, jwks_count(jwks));
        text_add_quoted(why, "; the first: ", bytes_of(cause));
    }
    return false;
}

struct jwks *keys_judge(const char *url, struct bytes body, struct text *why)
{
    struct json *root = parse_object(url, "a JSON key set", body, why);
    struct jwks *jwks = NULL;
    enum reason r;

    if (root == NULL) {
        return NULL;
    }
    json_free(&root);
    r = jwks_parse(body, &jwks);
    if (r == REASON_OUT_OF_MEMORY) {
        text_set(why, "%s: out of memory", url);
    } else if (r != REASON_ACCEPTED) {
        text_set(why, "%s: answer is JSON, but not a key set", url);
    } else if (jwks_count(jwks) > JWKS_MAX_KEYS) {
        text_set(why, "%s: the key set has %zu keys, more than %d", url, jwks_count(jwks),
                 JWKS_MAX_KEYS);
        jwks_free(&jwks);
    } else if (!has_usable_key(url, jwks, why)) {
        jwks_free(&jwks);
    }
    return jwks;
}

static bool has_kid(const struct jwks *jwks, struct bytes kid)
{
    size_t i;

    for (i = 0; jwks != NULL && i < jwks_count(jwks); i++) {
        struct jwk_info info;

        jwks_describe(jwks, i, &info);
        if (info.has_kid && bytes_equal(info.kid, kid)) {
            return true;
        }
    }
    return false;
}

bool keys_bring_new_kid(const struct jwks *old, const struct jwks *found)
{
    size_t i;

    for (i = 0; i < jwks_count(found); i++) {
        struct jwk_info info;

        jwks_describe(found, i, &info);
        if (info.has_kid && !has_kid(old, info.kid)) {
            return true;
        }
    }
    return false;
}
