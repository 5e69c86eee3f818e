/*
 * Mistakes in the accounts file that the module would not complain about: lines that can never let
 * anybody in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_CHECK_ACCOUNTS_H
#define AUTH0JWT_CTL_CHECK_ACCOUNTS_H

#include "ctl/findings.h"
#include "host/config.h"

void check_accounts(const struct config *config, struct findings *findings);

#endif
