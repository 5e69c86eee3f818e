/*
 * Which names an account may have before anybody looks it up. A name is refused, never repaired.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_ACCOUNT_NAME_H
#define AUTH0JWT_HOST_ACCOUNT_NAME_H

#include <stdbool.h>

#include "base/bytes.h"

/* May a name that somebody wrote down be used? Not empty, no control character, white space, / or
 * :, no leading -, not digits only (which tools take for a uid). */
bool account_name_is_safe(struct bytes name);

/* May a name that was made from a token be used? [a-z_][a-z0-9_.-]{0,31}, no .., no final dot. */
bool account_name_is_plain(struct bytes name);

#endif
