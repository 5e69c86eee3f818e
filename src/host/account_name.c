/*
 * Who made the name decides: the administrator may write what the system's tools can take, a token
 * may make only what everybody takes for an account.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/account_name.h"

enum { PLAIN_MAX = 32 };

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

bool account_name_is_safe(struct bytes name)
{
    bool only_digits = true;
    size_t i;

    if (name.len == 0 || name.ptr[0] == '-') {
        return false;
    }
    for (i = 0; i < name.len; i++) {
        uint8_t byte = name.ptr[i];

        if (byte <= 0x20 || byte == 0x7f || byte == '/' || byte == ':') {
            return false;
        }
        only_digits = only_digits && is_digit(byte);
    }
    return !only_digits;
}

bool account_name_is_plain(struct bytes name)
{
    size_t i;

    if (name.len == 0 || name.len > PLAIN_MAX || name.ptr[name.len - 1] == '.') {
        return false;
    }
    for (i = 0; i < name.len; i++) {
        uint8_t byte = name.ptr[i];
        bool first = (byte >= 'a' && byte <= 'z') || byte == '_';

        if (!first && (i == 0 || (!is_digit(byte) && byte != '.' && byte != '-'))) {
            return false;
        }
        if (byte == '.' && name.ptr[i - 1] == '.') {
            return false;
        }
    }
    return true;
}
