/*
 * What libpam is told for a reason, from the one table in base/reason.def.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_MODULE_PAM_CODE_H
#define AUTH0JWT_MODULE_PAM_CODE_H

#include "base/reason.h"

/* The answer of pam_sm_authenticate; an unknown value answers as REASON_INTERNAL does. */
int pam_code_of(enum reason reason);

#endif
