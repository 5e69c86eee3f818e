/*
 * A line is formatted here, in a buffer, so that no sink has to take apart a format.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include "base/text.h"

void log_line(const struct log *log, int level, const char *format, ...)
{
    char line[TEXT_SIZE];
    va_list args;
    int wrote;

    if (log == NULL || log->sink == NULL || (level == LOG_DEBUG && !log->debug)) {
        return;
    }
    va_start(args, format);
    wrote = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (wrote >= 0) {
        log->sink(log->context, level, line);
    }
}
