/*
 * Values of options: quotes, words, numbers, durations.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_OPTION_VALUE_H
#define AUTH0JWT_HOST_OPTION_VALUE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/strings.h"
#include "base/text.h"
#include "host/option.h"

/* All: REASON_CONFIG_ERROR appends the complaint to `what`; REASON_OUT_OF_MEMORY. `value` is not
 * empty and as the file has it. */

/* A value that is one text: without its quotes, borrowed from `value`. */
enum reason value_text(struct bytes value, struct bytes *out, struct text *what);

/* A list: words separated by white space, or one in quotes that keeps its white space; `\` takes
 * the next character literally. `rule` (may be NULL) says of each word NULL or what is wrong with
 * it. */
typedef const char *word_rule(struct bytes word);
enum reason value_list(struct bytes value, word_rule *rule, struct strings *out, struct text *what);

/* A whole number within the option's limits. */
enum reason value_number(const struct option *option, struct bytes text, int64_t *out,
                         struct text *what);

/* Seconds within the option's limits; TOKEN_AGE_OFF for `off` where the option knows it. */
enum reason value_duration(const struct option *option, struct bytes text, int64_t *out,
                           struct text *what);

#endif
