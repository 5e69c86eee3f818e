/*
 * The kinds of values in auth0jwt.conf, one table row each: how they lie in memory and what makes
 * them valid.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_OPTION_KIND_H
#define AUTH0JWT_HOST_OPTION_KIND_H

#include "base/bytes.h"
#include "base/strings.h"
#include "host/option.h"
#include "host/option_value.h"

enum option_shape {
    OPTION_SHAPE_STRING = 0, /* char * */
    OPTION_SHAPE_STRINGS,    /* struct strings */
    OPTION_SHAPE_NUMBER,     /* int64_t */
    OPTION_SHAPE_INT,        /* int, one of the choices */
    OPTION_SHAPE_BOOL,
    OPTION_SHAPE_ALGORITHMS /* unsigned, alg_bit()s */
};

struct option_choice {
    const char *name;
    int value;
};

/* NULL, or what is wrong with the text, as it follows the option's name. */
typedef const char *option_text_rule(struct bytes text);

/* NULL, or what is wrong with the list as a whole. */
typedef const char *option_list_rule(const struct strings *list);

struct option_kind_row {
    enum option_shape shape;
    const struct option_choice *choices; /* ends with a NULL name */
    option_text_rule *text;
    word_rule *word;
    option_list_rule *list;
    const char *keyword; /* stands alone in a list and means more than itself, or NULL */
};

const struct option_kind_row *option_kind_row(enum option_kind kind);

#endif
