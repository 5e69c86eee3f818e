/*
 * Whatever reaches a terminal goes through here, because it may hold what somebody put into a token
 * or a file to move the cursor.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const double latest_second = 253402300799.0; /* the end of the year 9999 */

static void print_text(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= ' ' && *text <= '~') {
            putc(*text, to);
        } else {
            fprintf(to, "\\x%02x", (unsigned)(unsigned char)*text);
        }
    }
}

void output_text(const char *text)
{
    print_text(stdout, text);
}

void output_error(const char *format, ...)
{
    char line[TEXT_SIZE];
    va_list args;
    int wrote;

    va_start(args, format);
    wrote = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    fflush(stdout); /* keeps the order where both go to one place */
    fputs("auth0jwtctl: ", stderr);
    print_text(stderr, wrote < 0 ? "an error that cannot be told" : line);
    putc('\n', stderr);
}

static void print_log(void *context, int level, const char *line)
{
    (void)context;
    if (level <= LOG_WARNING) {
        output_error("%s%s", level == LOG_WARNING ? "warning: " : "", line);
    }
}

const struct log output_log = {print_log, NULL, false};

bool output_colour(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

void output_coloured(bool colour_on, enum colour colour, const char *text)
{
    static const char *const start[] = {
        [COLOUR_NONE] = "",          [COLOUR_GOOD] = "\033[32m",
        [COLOUR_BAD] = "\033[1;31m", [COLOUR_WARNING] = "\033[33m",
        [COLOUR_FAINT] = "\033[2m",
    };

    if (colour_on && colour != COLOUR_NONE) {
        printf("%s%s\033[0m", start[colour], text);
    } else {
        fputs(text, stdout);
    }
}

void output_row(const char *label, const char *value)
{
    printf("%-12s ", label);
    output_text(value);
    putchar('\n');
}

void output_time(struct text *out, double when, int64_t now)
{
    double distance = when - (double)now;
    double size = distance < 0 ? -distance : distance;
    char utc[64] = "";
    time_t second;
    struct tm tm;

    if (when >= 0 && when <= latest_second) {
        second = (time_t)when;
        if (gmtime_r(&second, &tm) != NULL) {
            strftime(utc, sizeof(utc), "%Y-%m-%d %H:%M:%S UTC", &tm);
        }
    }
    if (utc[0] == '\0') {
        text_add(out, "%g seconds since 1970", when);
        return;
    }
    text_add(out, "%s (%s", utc, distance >= 1 ? "in " : "");
    if (size < 1) {
        text_add(out, "now");
    } else {
        text_add_duration(out, size);
    }
    text_add(out, "%s)", distance <= -1 ? " ago" : "");
}

void output_foreign(struct text *out, struct bytes foreign)
{
    size_t i;

    for (i = 0; i < foreign.len; i++) {
        uint8_t byte = foreign.ptr[i];

        if (byte <= 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') {
            break;
        }
    }
    if (foreign.len == 0 || i < foreign.len || foreign.len > TEXT_QUOTE_MAX) {
        text_quote(out, foreign);
        text_add(out, "%s", foreign.len > TEXT_QUOTE_MAX ? "..." : "");
    } else {
        text_add(out, "%.*s", (int)foreign.len, (const char *)foreign.ptr);
    }
}
