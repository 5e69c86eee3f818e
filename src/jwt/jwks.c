/*
 * Key sets: RFC 7517 section 5. Entries stay JSON until one is chosen; only that one is imported.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/jwks.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "jwt/json.h"

struct jwks {
    struct json *root;
    const struct json *keys;
};

enum reason jwks_parse(struct bytes text, struct jwks **out)
{
    struct json *root = NULL;
    const struct json *keys = NULL;
    struct jwks *jwks;
    enum reason r;

    *out = NULL;
    if (text.len > JWKS_MAX_SIZE) {
        return REASON_KEYS_UNAVAILABLE;
    }
    r = json_parse(text, &root);
    if (r != REASON_ACCEPTED) {
        return r == REASON_OUT_OF_MEMORY ? r : REASON_KEYS_UNAVAILABLE;
    }
    jwks = calloc(1, sizeof(*jwks));
    if (jwks == NULL) {
        json_free(&root);
        return REASON_OUT_OF_MEMORY;
    }
    jwks->root = root;
    if (!json_member(root, "keys", &keys) || !json_is_array(keys)) {
        jwks_free(&jwks);
        return REASON_KEYS_UNAVAILABLE;
    }
    jwks->keys = keys;
    *out = jwks;
    return REASON_ACCEPTED;
}

void jwks_free(struct jwks **jwks)
{
    if (*jwks != NULL) {
        json_free(&(*jwks)->root);
        free(*jwks);
        *jwks = NULL;
    }
}

size_t jwks_count(const struct jwks *jwks)
{
    return json_array_length(jwks->keys);
}

enum reason jwks_find(const struct jwks *jwks, const struct jws *jws, EVP_PKEY **key,
                      const char **unusable)
{
    enum reason r = REASON_KEY_NOT_FOUND;
    EVP_PKEY *found = NULL;
    const char *why = NULL;
    size_t i;

    *key = NULL;
    for (i = 0; i < jwks_count(jwks); i++) {
        const struct json *jwk = json_array_item(jwks->keys, i);
        EVP_PKEY *candidate = NULL;
        struct bytes kid;
        enum reason imported;

        if (jws->has_kid &&
            (json_member_string(jwk, "kid", &kid) != JSON_STRING || !bytes_equal(kid, jws->kid))) {
            continue;
        }
        imported = jwk_import(jwk, jws->alg, &candidate, &why);
        if (imported == REASON_BAD_KEY) {
            /* Without a kid nobody asked for this one. */
            if (jws->has_kid && found == NULL) {
                r = REASON_BAD_KEY;
                if (unusable != NULL) {
                    *unusable = why;
                }
            }
            continue;
        }
        if (imported != REASON_ACCEPTED || found != NULL) {
            r = imported != REASON_ACCEPTED ? imported : REASON_KEY_NOT_FOUND;
            EVP_PKEY_free(candidate);
            EVP_PKEY_free(found);
            return r;
        }
        found = candidate;
    }
    if (found == NULL) {
        return r;
    }
    *key = found;
    return REASON_ACCEPTED;
}

void jwks_describe(const struct jwks *jwks, size_t index, struct jwk_info *info)
{
    jwk_describe(json_array_item(jwks->keys, index), info);
}

void jwks_write_entry(FILE *out, const struct jwks *jwks, size_t index)
{
    jwk_write(out, json_array_item(jwks->keys, index));
}
