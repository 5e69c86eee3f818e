/*
 * The revoked list. This version refuses a list that holds a line rather than ignore it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_REVOKED_H
#define AUTH0JWT_HOST_REVOKED_H

#include "base/reason.h"
#include "base/text.h"
#include "host/config.h"

/* REASON_ACCEPTED where neither the configured list nor the one in state_dir holds a line; else
 * REASON_CONFIG_ERROR with "file:line: ..." in `why`; REASON_OUT_OF_MEMORY. */
enum reason revoked_check(const struct config *config, struct text *why);

#endif
