/*
 * base64url without padding (RFC 7515 section 2), canonical spellings only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/base64url.h"

enum { BAD = 0xff };

/* Value of each character; 0xff (BAD) for what is none. */
#define X 0xff
/* clang-format off */
static const uint8_t value_of[256] = {
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  62, X,  X,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, X,  X,  X,  X,  X,  X,
    X,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, X,  X,  X,  X,  63,
    X,  26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
    X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,  X,
};
/* clang-format on */
#undef X

bool base64url_alphabet(struct bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (value_of[text.ptr[i]] == BAD) {
            return false;
        }
    }
    return true;
}

/* The last two or three characters: one or two bytes, and bits that must be zero. */
static bool decode_tail(struct bytes tail, uint8_t *out, size_t *out_len)
{
    uint8_t a = value_of[tail.ptr[0]];
    uint8_t b = value_of[tail.ptr[1]];
    uint8_t c = tail.len == 3 ? value_of[tail.ptr[2]] : 0;

    if (((a | b | c) & 0xc0) != 0 || (tail.len == 2 ? (b & 0x0f) != 0 : (c & 0x03) != 0)) {
        return false;
    }
    out[0] = (uint8_t)(a << 2 | b >> 4);
    if (tail.len == 3) {
        out[1] = (uint8_t)(b << 4 | c >> 2);
    }
    *out_len += tail.len - 1;
    return true;
}

bool base64url_decode(struct bytes text, uint8_t *out, size_t *out_len)
{
    size_t whole = text.len - text.len % 4;
    size_t i;

    *out_len = 0;
    if (text.len % 4 == 1) {
        return false;
    }
    for (i = 0; i < whole; i += 4) {
        uint8_t a = value_of[text.ptr[i]];
        uint8_t b = value_of[text.ptr[i + 1]];
        uint8_t c = value_of[text.ptr[i + 2]];
        uint8_t d = value_of[text.ptr[i + 3]];

        if (((a | b | c | d) & 0xc0) != 0) {
            return false;
        }
        out[*out_len] = (uint8_t)(a << 2 | b >> 4);
        out[*out_len + 1] = (uint8_t)(b << 4 | c >> 2);
        out[*out_len + 2] = (uint8_t)(c << 6 | d);
        *out_len += 3;
    }
    return text.len == whole || decode_tail(bytes_from(text, whole), out + *out_len, out_len);
}
