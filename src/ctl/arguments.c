/*
 * Option reading. No message repeats an operand or what follows a "=": a token may have been pasted
 * there, and messages are kept where tokens must not be.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/output.h"
#include "host/config.h"
#include "jwt/jws.h"
#include "login/token_text.h"

enum { OPTION_HELP = 256, OPTION_VERSION, OPTION_FIRST };

static const int64_t latest_second = 253402300799; /* the end of the year 9999 */

struct row {
    const char *name;
    enum option_bit bit;
    /* NULL: the argument itself goes to offset. */
    bool (*take)(struct arguments *out, const char *argument);
    size_t offset;
};

static bool take_config(struct arguments *out, const char *argument);
static bool take_now(struct arguments *out, const char *argument);
static bool take_json(struct arguments *out, const char *argument);

static const struct row rows[] = {
    {"config", OPTION_CONFIG, take_config, 0},
    {"tenant", OPTION_TENANT, NULL, offsetof(struct arguments, tenant)},
    {"service", OPTION_SERVICE, NULL, offsetof(struct arguments, service)},
    {"user", OPTION_USER, NULL, offsetof(struct arguments, user)},
    {"keys", OPTION_KEYS, NULL, offsetof(struct arguments, keys)},
    {"now", OPTION_NOW, take_now, 0},
    {"json", OPTION_JSON, take_json, 0},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

void arguments_print_version(FILE *to)
{
    fputs("auth0jwtctl (pam_auth0jwt) " PACKAGE_VERSION "\n", to);
}

bool arguments_is_token(const char *operand)
{
    struct bytes typed = bytes_trim(bytes_of(operand));
    struct bytes token = token_text_trim(typed);

    /* Shorter: it had the scheme of an HTTP header before it. */
    return jws_may_begin(token) || token.len < typed.len;
}

/* What the rules for safe files need; `path` relative to the current folder. */
static char *absolute_path(const char *path)
{
    char *folder;
    char *joined = NULL;

    if (path[0] == '/') {
        return strdup(path);
    }
    folder = getcwd(NULL, 0);
    if (folder == NULL || asprintf(&joined, "%s/%s", folder, path) < 0) {
        joined = NULL;
    }
    free(folder);
    return joined;
}

static bool take_now(struct arguments *out, const char *argument)
{
    char *end = NULL;
    long long value;

    errno = 0;
    value = strtoll(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 ||
        value > latest_second) {
        output_error("--now takes seconds since 1970, such as %lld", (long long)time(NULL));
        return false;
    }
    out->now = value;
    return true;
}

static bool take_config(struct arguments *out, const char *argument)
{
    free(out->config);
    out->config = absolute_path(argument);
    out->config_named = true;
    if (out->config == NULL) {
        output_error("--config: the path cannot be made absolute");
    }
    return out->config != NULL;
}

static bool take_json(struct arguments *out, const char *argument)
{
    (void)argument;
    out->json = true;
    return true;
}

static bool take(struct arguments *out, const struct row *row, const char *argument)
{
    if (argument != NULL && arguments_is_token(argument)) {
        output_error("the value of --%s looks like a token, which must not stand on a command line",
                     row->name);
        return false;
    }
    if (row->take != NULL) {
        return row->take(out, argument);
    }
    memcpy((char *)out + row->offset, &argument, sizeof(argument));
    return true;
}

/* Says what is wrong with an option, up to its "=". */
static bool refuse(const char *argument, bool value_missing)
{
    struct bytes name = bytes_of(argument);
    struct text quoted = {0};

    name = bytes_first(name, bytes_find(name, '='));
    text_quote(&quoted, name);
    output_error("%s %s: --help lists the options",
                 value_missing ? "a value must follow" : "unknown option",
                 bytes_begin_with(name, "--") ? quoted.at : "in short form");
    return false;
}

/* The rows that the subcommand takes, for getopt_long; a row's value is its index behind
 * OPTION_FIRST. */
static void fill_getopt(unsigned allowed, struct option table[ROW_COUNT + 3])
{
    size_t used = 0;
    int i;

    for (i = 0; i < ROW_COUNT; i++) {
        if ((allowed & (unsigned)rows[i].bit) != 0) {
            table[used++] = (struct option){
                rows[i].name, rows[i].bit == OPTION_JSON ? no_argument : required_argument, NULL,
                OPTION_FIRST + i};
        }
    }
    table[used++] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    table[used++] = (struct option){"version", no_argument, NULL, OPTION_VERSION};
    table[used] = (struct option){NULL, 0, NULL, 0};
}

/* True: options are read to their end. False: *status says how to exit. */
static bool read_all(int argc, char **argv, unsigned allowed, const char *usage,
                     struct arguments *out, int *status)
{
    struct option table[ROW_COUNT + 3];
    int got;

    fill_getopt(allowed, table);
    opterr = 0;
    optind = 1;
    while ((got = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
        switch (got) {
        case 'h':
        case OPTION_HELP:
            fputs(usage, stdout);
            *status = CTL_OK;
            return false;
        case OPTION_VERSION:
            arguments_print_version(stdout);
            *status = CTL_OK;
            return false;
        case '?':
        case ':':
            return refuse(argv[optind - 1], got == ':');
        default:
            if (!take(out, &rows[got - OPTION_FIRST], optarg)) {
                return false;
            }
        }
    }
    return true;
}

bool arguments_read(int argc, char **argv, unsigned allowed, const char *usage,
                    struct arguments *out, int *status)
{
    *out = (struct arguments){.now = (int64_t)time(NULL)};
    *status = CTL_CONFIG;
    if (!read_all(argc, argv, allowed, usage, out, status)) {
        arguments_free(out);
        return false;
    }
    if (out->config == NULL) {
        out->config = strdup(config_default_path);
    }
    if (out->config == NULL) {
        output_error("out of memory");
        return false;
    }
    out->operand = argv + optind;
    out->operand_count = argc - optind;
    return true;
}

void arguments_free(struct arguments *arguments)
{
    free(arguments->config);
    *arguments = (struct arguments){0};
}
