/*
 * auth0jwtctl keys: shows the keys that logins are judged with, has them fetched, or throws them
 * away.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/safe_file.h"
#include "ctl/ctl.h"
#include "ctl/json_out.h"
#include "ctl/key_report.h"
#include "ctl/arguments.h"
#include "ctl/output.h"
#include "host/cache_folder.h"
#include "host/config.h"
#include "host/key_cache.h"
#include "host/refresh_run.h"

static const char usage[] =
    "Usage: auth0jwtctl keys show|refresh|clear [OPTION]...\n\n"
    "  show       the keys of each tenant: which can be used, how old they are, what failed\n"
    "  refresh    fetch them now; exit status of auth0jwt-refresh: 0 fresh, 1 the endpoint\n"
    "             failed (the old keys stay), 2 configuration, 3 not now, 4 lock not free\n"
    "  clear      remove what is cached; the next login fetches again\n\n"
    "  --config FILE    configuration (default: the module's)\n"
    "  --tenant NAME    this tenant only\n"
    "  --json           print one JSON object\n"
    "  --help, --version\n\n"
    "Exit status of show: 0 every tenant has usable keys, 2 usage or configuration, 3 one has\n"
    "none; of clear: 0 done, 1 something could not be removed, 2 usage or configuration.\n";

enum { NAME_SIZE = 64 };

/* What an action works on: the tenants from first to end. */
struct job {
    const struct arguments *arguments;
    const struct config *config;
    size_t first;
    size_t end;
};

/* --- show --- */

static int show_tenant(const struct job *job, const struct tenant *tenant, struct json_out *json)
{
    struct key_report report;
    enum reason reason = key_report_read(job->config, tenant, job->arguments->now, &report);
    int status = key_report_usable(&report) ? CTL_OK : CTL_KEYS;

    if (reason != REASON_ACCEPTED) {
        output_error("%s: %s", tenant->name, report.problem.at);
        status = CTL_CONFIG;
    }
    if (job->arguments->json) {
        key_report_print_json(&report, json);
    } else {
        key_report_print(&report, job->arguments->now);
    }
    key_report_free(&report);
    return status;
}

static int show(const struct job *job)
{
    struct json_out json = {stdout, false};
    int status = CTL_OK;
    size_t i;

    if (job->arguments->json) {
        json_out_open(&json, NULL, '{');
        json_out_open(&json, "tenants", '[');
    }
    for (i = job->first; i < job->end; i++) {
        int one;

        if (i > job->first && !job->arguments->json) {
            putchar('\n');
        }
        one = show_tenant(job, &job->config->tenant[i], &json);
        status = status == CTL_CONFIG || one == CTL_OK ? status : one;
    }
    if (job->arguments->json) {
        json_out_close(&json, ']');
        json_out_close(&json, '}');
        putchar('\n');
    }
    return status;
}

/* --- refresh --- */

/* Waits for the program; its exit status, or CTL_REFUSED where a signal ended it. */
static int wait_for(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return CTL_REFUSED;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : CTL_REFUSED;
}

static const char *refresh_result(int status)
{
    static const char *const names[] = {
        [REFRESH_EXIT_FRESH] = "refreshed",     [REFRESH_EXIT_FAILED] = "failed",
        [REFRESH_EXIT_USAGE] = "configuration", [REFRESH_EXIT_NOT_NOW] = "not_now",
        [REFRESH_EXIT_LOCK] = "locked",
    };

    return status >= 0 && (size_t)status < sizeof(names) / sizeof(names[0]) ? names[status]
                                                                            : "failed";
}

static int refresh(const struct job *job)
{
    const struct arguments *arguments = job->arguments;
    char *program = job->config->global.refresh_program;
    char *const environment[] = {NULL};
    struct json_out json = {stdout, false};
    char force[] = "--force";
    char tenant[NAME_SIZE + 16];
    char quiet[] = "--quiet";
    char *command[7] = {program, force};
    size_t used = 2;
    struct text why = {0};
    pid_t child;
    char config_option[] = "--config";
    int status;

    if (safe_program_check(program, &why) != SAFE_FILE_OK) {
        output_error("%s", why.at);
        return CTL_CONFIG;
    }
    if (arguments->json) {
        command[used++] = quiet;
    }
    if (arguments->config_named) {
        command[used++] = config_option;
        command[used++] = arguments->config;
    }
    if (arguments->tenant != NULL) {
        snprintf(tenant, sizeof(tenant), "--tenant=%s", job->config->tenant[job->first].name);
        command[used++] = tenant;
    }
    fflush(stdout);
    status = posix_spawn(&child, program, NULL, NULL, command, environment);
    if (status != 0) {
        output_error("%s cannot be run: %s; set refresh_program in [global]", program,
                     strerror(status));
        return CTL_CONFIG;
    }
    status = wait_for(child);
    if (arguments->json) {
        json_out_open(&json, NULL, '{');
        json_out_string(&json, "result", refresh_result(status));
        json_out_integer(&json, "status", status);
        json_out_close(&json, '}');
        putchar('\n');
    }
    return status;
}

/* --- clear --- */

static void print_cleared(const struct job *job, const struct tenant *tenant,
                          const struct key_cache_cleared *cleared)
{
    const struct {
        bool removed;
        enum cache_file file;
    } rows[] = {{cleared->keys, CACHE_FILE_KEYS}, {cleared->state, CACHE_FILE_STATE}};
    char name[CACHE_FILE_NAME_MAX];
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].removed) {
            cache_file_name(tenant, rows[i].file, name);
            printf("removed %s/%s\n", job->config->global.cache_dir, name);
        }
    }
}

static int clear_tenants(int folder, const struct job *job, struct json_out *json)
{
    int status = CTL_OK;
    size_t i;

    for (i = job->first; i < job->end; i++) {
        const struct tenant *tenant = &job->config->tenant[i];
        struct key_cache_cleared cleared = {false, false};
        struct text why = {0};
        bool good = folder < 0 || key_cache_clear(job->config, tenant, folder, &cleared, &why);

        if (!good) {
            output_error("%s", why.at);
            status = CTL_REFUSED;
        }
        if (job->arguments->json) {
            json_out_open(json, NULL, '{');
            json_out_string(json, "tenant", tenant->name);
            json_out_bool(json, "keys_removed", cleared.keys);
            json_out_bool(json, "state_removed", cleared.state);
            json_out_close(json, '}');
        } else if (good && !cleared.keys && !cleared.state) {
            printf("nothing cached for %s\n", tenant->name);
        } else {
            print_cleared(job, tenant, &cleared);
        }
    }
    return status;
}

static int clear(const struct job *job)
{
    struct json_out json = {stdout, false};
    struct text why = {0};
    int folder = -1;
    int status;

    switch (safe_folder_open(job->config->global.cache_dir, &folder, &why)) {
    case SAFE_FILE_OK:
    case SAFE_FILE_MISSING:
        break;
    case SAFE_FILE_UNSAFE:
    case SAFE_FILE_NO_MEMORY:
    default:
        output_error("%s", why.at);
        return CTL_CONFIG;
    }
    if (job->arguments->json) {
        json_out_open(&json, NULL, '{');
        json_out_open(&json, "tenants", '[');
    }
    status = clear_tenants(folder, job, &json);
    if (job->arguments->json) {
        json_out_close(&json, ']');
        json_out_close(&json, '}');
        putchar('\n');
    }
    if (folder >= 0) {
        close(folder);
    }
    return status;
}

/* --- the command --- */

static const struct {
    const char *name;
    int (*run)(const struct job *job);
} actions[] = {{"show", show}, {"refresh", refresh}, {"clear", clear}};

/* False with a message where --tenant names none. */
static bool choose_tenants(struct job *job)
{
    const struct tenant *named;
    struct text name = {0};

    job->end = job->config->tenant_count;
    if (job->arguments->tenant == NULL) {
        return true;
    }
    named = config_tenant(job->config, job->arguments->tenant);
    if (named == NULL) {
        text_quote(&name, bytes_of(job->arguments->tenant));
        output_error("no tenant %s in %s", name.at, job->config->path);
        return false;
    }
    job->first = (size_t)(named - job->config->tenant);
    job->end = job->first + 1;
    return true;
}

static int run_action(const struct arguments *arguments, int (*action)(const struct job *job))
{
    struct config *config = NULL;
    struct text why = {0};
    struct job job = {.arguments = arguments};
    int status = CTL_CONFIG;

    if (config_load(arguments->config, &output_log, &config, &why) != REASON_ACCEPTED) {
        output_error("%s", why.at);
        return CTL_CONFIG;
    }
    job.config = config;
    if (choose_tenants(&job)) {
        status = action(&job);
    }
    config_free(&config);
    return status;
}

int cmd_keys(int argc, char **argv)
{
    struct arguments arguments;
    int status;
    size_t i;

    if (!arguments_read(argc, argv, OPTION_CONFIG | OPTION_TENANT | OPTION_JSON, usage, &arguments,
                        &status)) {
        return status;
    }
    status = CTL_CONFIG;
    for (i = 0; arguments.operand_count == 1 && i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(arguments.operand[0], actions[i].name) == 0) {
            status = run_action(&arguments, actions[i].run);
            break;
        }
    }
    if (arguments.operand_count != 1 || i == sizeof(actions) / sizeof(actions[0])) {
        output_error("keys takes one of show, refresh and clear: --help says more");
    }
    arguments_free(&arguments);
    return status;
}
