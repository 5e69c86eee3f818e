/*
 * What auth0jwtctl prints: errors, aligned text for people, colour where a person looks, times as
 * people and programs like them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_OUTPUT_H
#define AUTH0JWT_CTL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/text.h"

/* One line on standard error, after the program's name. Callers quote foreign text. */
void output_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A log that writes warnings and worse to standard error. */
extern const struct log output_log;

enum colour { COLOUR_NONE = 0, COLOUR_GOOD, COLOUR_BAD, COLOUR_WARNING, COLOUR_FAINT };

/* May standard output carry colour? Only a terminal, and never with NO_COLOR. */
bool output_colour(void);

/* Prints the text, coloured where `colour_on`. */
void output_coloured(bool colour_on, enum colour colour, const char *text);

/* Prints ASCII as it is and every other byte as \xNN: whatever found its way into a message, it
 * cannot move the cursor. */
void output_text(const char *text);

/* A label, aligned, the value by output_text, and a line end. */
void output_row(const char *label, const char *value);

/* "2026-11-24 20:30:00 UTC (in 12 minutes)". */
void output_time(struct text *out, double when, int64_t now);

/* A foreign text as a value: plain where that is safe and unambiguous, else quoted. */
void output_foreign(struct text *out, struct bytes foreign);

#endif
