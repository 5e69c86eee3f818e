/*
 * Bytes that travel with their length: struct bytes borrows, struct blob owns. Neither says
 * anything about what the bytes mean; foreign text becomes a C string only where a NUL was refused
 * before.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_BASE_BYTES_H
#define AUTH0JWT_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A borrowed span. ptr may be NULL where len is 0. */
struct bytes {
    const uint8_t *ptr;
    size_t len;
};

/* Owned memory; ptr[len] is always a NUL, so that text without NUL may be read as a C string. */
struct blob {
    uint8_t *ptr;
    size_t len;
};

static inline struct bytes bytes_of(const char *string)
{
    return (struct bytes){(const uint8_t *)string, string == NULL ? 0 : strlen(string)};
}

static inline struct bytes bytes_of_blob(const struct blob *blob)
{
    return (struct bytes){blob->ptr, blob->len};
}

/* From offset to the end; an offset behind the end gives an empty span. */
static inline struct bytes bytes_from(struct bytes span, size_t offset)
{
    if (offset >= span.len) {
        return (struct bytes){span.ptr, 0};
    }
    return (struct bytes){span.ptr + offset, span.len - offset};
}

/* The first len bytes, or all where there are fewer. */
static inline struct bytes bytes_first(struct bytes span, size_t len)
{
    return (struct bytes){span.ptr, len < span.len ? len : span.len};
}

bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_string(struct bytes span, const char *string);

/* The same without regard to the case of ASCII letters. */
bool bytes_equal_string_nocase(struct bytes span, const char *string);

bool bytes_begin_with(struct bytes span, const char *prefix);
bool bytes_end_with(struct bytes span, const char *suffix);

/* Position of the first such byte, or span.len. */
size_t bytes_find(struct bytes span, uint8_t byte);

/* Without ASCII white space (space, tab, CR, LF, VT, FF) at both ends. */
struct bytes bytes_trim(struct bytes span);

/* A copy as a C string that the caller frees; NULL without memory, or where it holds a NUL. */
char *bytes_to_string(struct bytes span);

/* Room for len bytes and a NUL, zeroed. False without memory. The caller frees with blob_free. */
bool blob_new(struct blob *out, size_t len);

/* A copy of the span. False without memory. */
bool blob_copy(struct blob *out, struct bytes span);

/* Wipes and frees; a zeroed blob is fine. */
void blob_free(struct blob *blob);

#endif
