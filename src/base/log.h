/*
 * Where lines for the administrator go: the module's sink is pam_syslog, a program's is standard
 * error, a test's is an array.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_BASE_LOG_H
#define AUTH0JWT_BASE_LOG_H

#include <stdbool.h>

struct log {
    /* Receives one line without a line end; level is a syslog level. */
    void (*sink)(void *context, int level, const char *line);
    void *context;
    bool debug; /* LOG_DEBUG lines are dropped without it */
};

/* Formats as printf does and hands the line to the sink. Callers quote foreign text (text_quote)
 * and never pass a token, or part of one. `log` may be NULL. */
void log_line(const struct log *log, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
