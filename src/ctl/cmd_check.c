/*
 * auth0jwtctl check: looks for what would keep people out, or let a mistake go unseen, before a
 * login does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <unistd.h>

#include "base/safe_file.h"
#include "ctl/check_accounts.h"
#include "ctl/ctl.h"
#include "ctl/findings.h"
#include "ctl/key_report.h"
#include "ctl/arguments.h"
#include "ctl/output.h"
#include "host/config.h"
#include "host/revoked.h"

static const char usage[] =
    "Usage: auth0jwtctl check [OPTION]...\n\n"
    "Looks for mistakes in the configuration, the maps, the modes of files and the key cache.\n\n"
    "  --config FILE    configuration (default: the module's)\n"
    "  --json           print one JSON object\n"
    "  --help, --version\n\n"
    "Exit status: 0 clean, 1 warnings, 2 errors (or usage).\n";

/* What a check looks at and reports to. */
struct job {
    const struct config *config;
    int64_t now;
    struct findings *findings;
};

static void check_services(const struct job *job)
{
    const struct config *config = job->config;

    findings_add(job->findings, FINDING_OK, "configuration",
                 "%s: %zu tenant%s, %zu service section%s", config->path, config->tenant_count,
                 config->tenant_count == 1 ? "" : "s", config->service_count,
                 config->service_count == 1 ? "" : "s");
    if (config->tenant_count == 0) {
        findings_add(job->findings, FINDING_ERROR, "configuration",
                     "no [tenant NAME]: every login is refused");
    }
    if (config->service_count == 0) {
        findings_add(job->findings, FINDING_WARNING, "configuration",
                     "no [service NAME]: every login is refused; add one for each PAM service");
    }
}

/* Where it is ever run. The ca_file that it will read is one that the loader has judged. */
static void check_program(const struct job *job)
{
    const char *program = job->config->global.refresh_program;
    struct text why = {0};
    bool fetched = false;
    size_t i;

    for (i = 0; i < job->config->tenant_count; i++) {
        fetched = fetched || job->config->tenant[i].jwks_file == NULL;
    }
    if (!fetched) {
        return;
    }
    if (safe_program_check(program, &why) == SAFE_FILE_OK) {
        findings_add(job->findings, FINDING_OK, "refresh program", "%s", program);
    } else {
        findings_add(job->findings, FINDING_ERROR, "refresh program", "%s", why.at);
    }
}

static void check_cache_folder(const struct job *job)
{
    const char *path = job->config->global.cache_dir;
    struct text why = {0};
    int folder = -1;

    switch (safe_folder_open(path, &folder, &why)) {
    case SAFE_FILE_OK:
        close(folder);
        findings_add(job->findings, FINDING_OK, "key cache", "%s", path);
        return;
    case SAFE_FILE_MISSING:
        findings_add(job->findings, FINDING_OK, "key cache", "%s; the first refresh makes it",
                     why.at);
        return;
    case SAFE_FILE_UNSAFE:
    case SAFE_FILE_NO_MEMORY:
    default:
        findings_add(job->findings, FINDING_ERROR, "key cache", "%s", why.at);
    }
}

/* The keys as a login would find them now. */
static void judge_keys(const struct job *job, const struct key_report *report)
{
    const char *name = report->tenant->name;
    const char *age = key_report_state(report);
    size_t total = report->jwks != NULL ? jwks_count(report->jwks) : 0;
    struct text old = {0};

    if (report->age >= 0) {
        text_set(&old, ", ");
        text_add_duration(&old, (double)report->age);
        text_add(&old, " old");
    }
    if (!key_report_usable(report)) {
        findings_add(job->findings, FINDING_ERROR, "keys", "%s: no usable keys (%s%s)%s%s; %s",
                     name, age, old.at, report->problem.len > 0 ? ": " : "", report->problem.at,
                     report->tenant->jwks_file != NULL ? "correct jwks_file"
                                                       : "run auth0jwtctl keys refresh");
    } else if (report->age > report->tenant->key_max_age / 2) {
        findings_add(job->findings, FINDING_WARNING, "keys",
                     "%s: %zu usable of %zu, %s%s: more than half of key_max_age; is the timer "
                     "running?",
                     name, report->usable, total, age, old.at);
    } else {
        findings_add(job->findings, FINDING_OK, "keys", "%s: %zu usable of %zu, %s%s", name,
                     report->usable, total, age, old.at);
    }
}

static void judge_attempts(const struct job *job, const struct key_report *report)
{
    const struct key_state *attempts = &report->attempts;
    struct text error = {0};

    if (attempts->failures > 0) {
        text_quote(&error, bytes_of(attempts->last_error));
        findings_add(job->findings, FINDING_WARNING, "keys",
                     "%s: %lld failed refresh%s in a row, last: %s", report->tenant->name,
                     (long long)attempts->failures, attempts->failures == 1 ? "" : "es", error.at);
    }
}

static void check_keys(const struct job *job)
{
    size_t i;

    check_cache_folder(job);
    for (i = 0; i < job->config->tenant_count; i++) {
        struct key_report report;
        enum reason reason =
            key_report_read(job->config, &job->config->tenant[i], job->now, &report);

        if (reason == REASON_ACCEPTED) {
            judge_keys(job, &report);
            judge_attempts(job, &report);
        } else {
            findings_add(job->findings, FINDING_ERROR, "keys", "%s: %s", report.tenant->name,
                         report.problem.len > 0 ? report.problem.at : reason_name(reason));
        }
        key_report_free(&report);
    }
}

static void check_maps(const struct job *job)
{
    struct text why = {0};

    check_accounts(job->config, job->findings);
    if (revoked_check(job->config, &why) == REASON_ACCEPTED) {
        findings_add(job->findings, FINDING_OK, "revoked", "nothing is revoked");
    } else {
        findings_add(job->findings, FINDING_ERROR, "revoked", "%s", why.at);
    }
}

static void (*const checks[])(const struct job *job) = {check_services, check_program, check_keys,
                                                        check_maps};

/* Warnings of the loader are findings too. */
static void log_to_findings(void *context, int level, const char *line)
{
    (void)level;
    findings_add(context, FINDING_WARNING, "configuration", "%s", line);
}

static int status_of(enum finding_level worst)
{
    static const int statuses[] = {
        [FINDING_OK] = CTL_OK, [FINDING_WARNING] = CTL_REFUSED, [FINDING_ERROR] = CTL_CONFIG};

    return statuses[worst];
}

int cmd_check(int argc, char **argv)
{
    struct findings findings = {0};
    const struct log log = {log_to_findings, &findings, false};
    struct config *config = NULL;
    struct text why = {0};
    struct arguments arguments;
    int status;
    size_t i;

    if (!arguments_read(argc, argv, OPTION_CONFIG | OPTION_JSON, usage, &arguments, &status)) {
        return status;
    }
    if (arguments.operand_count > 0) {
        output_error("check takes no operand: --help shows how");
        arguments_free(&arguments);
        return CTL_CONFIG;
    }
    if (config_load(arguments.config, &log, &config, &why) == REASON_ACCEPTED) {
        struct job job = {config, arguments.now, &findings};

        for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
            checks[i](&job);
        }
    } else {
        findings_add(&findings, FINDING_ERROR, "configuration", "%s", why.at);
    }
    findings_print(&findings, arguments.json);
    status = status_of(findings.worst);
    findings_free(&findings);
    config_free(&config);
    arguments_free(&arguments);
    return status;
}
