/*
 * What must hold between the options of one [service] section, and between it and the tenants.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CONFIG_CHECK_SERVICE_H
#define AUTH0JWT_HOST_CONFIG_CHECK_SERVICE_H

#include "base/reason.h"
#include "base/text.h"
#include "host/config_draft.h"

/* REASON_CONFIG_ERROR with "file:line: ..." in `why`. */
enum reason config_check_service(const struct config *config, const struct service *service,
                                 const struct draft_section *draft, struct text *why);

#endif
