/*
 * Spans and blobs: comparing, cutting, copying.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/bytes.h"

#include <stdlib.h>
#include <strings.h>

#include "base/wipe.h"

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool bytes_equal_string(struct bytes span, const char *string)
{
    return bytes_equal(span, bytes_of(string));
}

bool bytes_equal_string_nocase(struct bytes span, const char *string)
{
    size_t i;

    if (span.len != strlen(string)) {
        return false;
    }
    /* Not strncasecmp: the host may have set a locale in which "I" has no dotted lower case. */
    for (i = 0; i < span.len; i++) {
        uint8_t a = span.ptr[i];
        uint8_t b = (uint8_t)string[i];

        a = (uint8_t)(a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a);
        b = (uint8_t)(b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b);
        if (a != b) {
            return false;
        }
    }
    return true;
}

bool bytes_begin_with(struct bytes span, const char *prefix)
{
    return bytes_equal_string(bytes_first(span, strlen(prefix)), prefix);
}

bool bytes_end_with(struct bytes span, const char *suffix)
{
    size_t len = strlen(suffix);

    return span.len >= len && bytes_equal_string(bytes_from(span, span.len - len), suffix);
}

size_t bytes_find(struct bytes span, uint8_t byte)
{
    const uint8_t *found = span.len == 0 ? NULL : memchr(span.ptr, byte, span.len);

    return found == NULL ? span.len : (size_t)(found - span.ptr);
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct bytes bytes_trim(struct bytes span)
{
    while (span.len > 0 && is_space(span.ptr[0])) {
        span.ptr++;
        span.len--;
    }
    while (span.len > 0 && is_space(span.ptr[span.len - 1])) {
        span.len--;
    }
    return span;
}

char *bytes_to_string(struct bytes span)
{
    struct blob copy;

    if (bytes_find(span, 0) != span.len || !blob_copy(&copy, span)) {
        return NULL;
    }
    return (char *)copy.ptr;
}

bool blob_new(struct blob *out, size_t len)
{
    *out = (struct blob){NULL, 0};
    if (len == SIZE_MAX) {
        return false;
    }
    out->ptr = calloc(len + 1, 1);
    if (out->ptr == NULL) {
        return false;
    }
    out->len = len;
    return true;
}

bool blob_copy(struct blob *out, struct bytes span)
{
    if (!blob_new(out, span.len)) {
        return false;
    }
    if (span.len > 0) {
        memcpy(out->ptr, span.ptr, span.len);
    }
    return true;
}

void blob_free(struct blob *blob)
{
    wipe_free(blob->ptr, blob->len);
    *blob = (struct blob){NULL, 0};
}
