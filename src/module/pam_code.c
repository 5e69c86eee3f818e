/*
 * The column of PAM codes: apart from the other columns of base/reason.def, as nothing below the
 * module knows PAM.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "module/pam_code.h"

#include <security/pam_modules.h>
#include <stddef.h>

static const int codes[REASON_COUNT] = {
#define REASON(id, name, check, pam, level, text) [REASON_##id] = PAM_##pam,
#include "base/reason.def"
#undef REASON
};

int pam_code_of(enum reason reason)
{
    size_t index = (size_t)reason;

    return codes[index < REASON_COUNT ? index : REASON_INTERNAL];
}
