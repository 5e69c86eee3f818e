/*
 * The section headers of auth0jwt.conf: [global], [tenant NAME], [service NAME...], and what each
 * opens.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CONFIG_SECTION_H
#define AUTH0JWT_HOST_CONFIG_SECTION_H

#include "base/bytes.h"
#include "base/reason.h"
#include "base/text.h"
#include "host/config_draft.h"

/* One section of a draft. */
struct section {
    enum option_section section;
    size_t index; /* in config->tenant or config->service */
};

/* Opens the section that stands between the brackets: the one that there is, or a new one. The
 * names of a service's section are a set: in any order they mean the same section, and no two
 * sections share a name. REASON_CONFIG_ERROR with "file:line: ..." in `why`;
 * REASON_OUT_OF_MEMORY. */
enum reason section_open(struct config_draft *draft, struct place place, struct bytes header,
                         struct section *out, struct text *why);

/* Where the section's options were set; *base is the struct that holds their values. Both borrowed,
 * until the next section is opened. */
struct draft_section *section_draft(struct config_draft *draft, struct section section,
                                    void **base);

#endif
