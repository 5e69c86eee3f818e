/*
 * Vector files, read with json-c directly: what they hold is meant to be strange, and must reach
 * the verifier as it is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vector_file.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

struct json_object *get(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return value;
}

const char *get_string(struct json_object *object, const char *name)
{
    struct json_object *value = get(object, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

bool is_true(struct json_object *object, const char *name)
{
    return json_object_get_boolean(get(object, name)) != 0;
}

struct json_object *get_config(struct json_object *file, struct json_object *row, const char *name)
{
    struct json_object *overlay = get(row, "config");
    struct json_object *value = NULL;

    if (json_object_object_get_ex(overlay, name, &value)) {
        return value;
    }
    return get(get(file, "config"), name);
}

static void append(struct blob *to, const void *from, size_t len)
{
    struct blob joined;

    NEED(blob_new(&joined, to->len + len));
    if (to->len > 0) {
        memcpy(joined.ptr, to->ptr, to->len);
    }
    memcpy(joined.ptr + to->len, from, len);
    blob_free(to);
    *to = joined;
}

static void append_string(struct blob *to, struct json_object *string)
{
    NEED(json_object_is_type(string, json_type_string));
    append(to, json_object_get_string(string), (size_t)json_object_get_string_len(string));
}

static void append_repeated(struct blob *to, struct json_object *part)
{
    struct bytes text = bytes_of(get_string(part, "repeat"));
    int64_t count = json_object_get_int64(get(part, "count"));
    struct blob all;
    int64_t i;

    NEED(text.len > 0 && count >= 0 && count <= 10 * 1000 * 1000);
    NEED(blob_new(&all, text.len * (size_t)count));
    for (i = 0; i < count; i++) {
        memcpy(all.ptr + (size_t)i * text.len, text.ptr, text.len);
    }
    append(to, all.ptr, all.len);
    blob_free(&all);
}

static void append_base64(struct blob *to, const char *text)
{
    size_t len = strlen(text);
    struct blob octets;
    int got;

    NEED(len % 4 == 0 && len < INT32_MAX && blob_new(&octets, len / 4 * 3));
    got = EVP_DecodeBlock(octets.ptr, (const unsigned char *)text, (int)len);
    NEED(got >= 0);
    if (len > 0 && text[len - 1] == '=') {
        got -= text[len - 2] == '=' ? 2 : 1;
    }
    append(to, octets.ptr, (size_t)got);
    blob_free(&octets);
}

void octets_of(struct json_object *value, struct blob *out)
{
    struct json_object *parts = get(value, "$concat");
    size_t i;

    NEED(blob_new(out, 0));
    if (json_object_is_type(value, json_type_string)) {
        append_string(out, value);
    } else if (get(value, "$raw") != NULL) {
        append_string(out, get(value, "$raw"));
    } else if (get(value, "$b64") != NULL) {
        append_base64(out, get_string(value, "$b64"));
    } else if (parts != NULL) {
        for (i = 0; i < json_object_array_length(parts); i++) {
            struct json_object *part = json_object_array_get_idx(parts, i);

            if (json_object_is_type(part, json_type_string)) {
                append_string(out, part);
            } else {
                append_repeated(out, part);
            }
        }
    } else {
        const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);

        append(out, text, strlen(text));
    }
}
