/*
 * auth0jwtctl: what the administrator asks about logins, configuration and keys. The subcommands
 * stand in one table; each has a file of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/arguments.h"
#include "ctl/output.h"

struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"verify", "decide about a token as the module would, and say why", cmd_verify},
    {"check", "look for mistakes in configuration, maps and key cache", cmd_check},
    {"keys", "show, refresh or clear the cached keys", cmd_keys},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *to)
{
    size_t i;

    fputs("Usage: auth0jwtctl COMMAND [OPTION]...\n\n", to);
    for (i = 0; i < COMMAND_COUNT; i++) {
        fprintf(to, "  %-8s  %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\n"
          "  --help     this text; after a command, that command's\n"
          "  --version\n\n"
          "See auth0jwtctl(8).\n",
          to);
}

static int run(int argc, char **argv)
{
    size_t i;

    if (argc < 2) {
        print_usage(stderr);
        return CTL_CONFIG;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return CTL_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        arguments_print_version(stdout);
        return CTL_OK;
    }
    for (i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    /* Not repeated: it may be a token that was pasted in the wrong place. */
    output_error("no such command: auth0jwtctl --help lists them");
    return CTL_CONFIG;
}

int main(int argc, char **argv)
{
    int status = run(argc, argv);

    /* A verdict that could not be written must not look like one that was. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        output_error("standard output cannot be written");
        return CTL_CONFIG;
    }
    return status;
}
