/*
 * What must hold between the options of a configuration.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CONFIG_CHECK_H
#define AUTH0JWT_HOST_CONFIG_CHECK_H

#include "base/reason.h"
#include "base/text.h"
#include "host/config_draft.h"

/* Judges the whole draft, defaults included. REASON_CONFIG_ERROR with "file:line: ..." in `why`;
 * REASON_OUT_OF_MEMORY. */
enum reason config_check(const struct config_draft *draft, struct text *why);

#endif
