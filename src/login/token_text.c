/*
 * What is dropped from a pasted token. The token itself is never repaired: bytes inside it stay as
 * they are, for the verifier to refuse.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "login/token_text.h"

struct bytes token_text_trim(struct bytes typed)
{
    static const char scheme[] = "Bearer ";
    struct bytes token = bytes_trim(typed);

    if (bytes_begin_with(token, scheme)) {
        token = bytes_trim(bytes_from(token, sizeof(scheme) - 1));
    }
    return token;
}
