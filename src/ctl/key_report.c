/*
 * Keys, for people and programs. Key ids come from the network: they are quoted or escaped.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/key_report.h"

#include <stdio.h>
#include <string.h>

#include "ctl/output.h"
#include "jwt/jwks.h"

static size_t count_usable(const struct jwks *jwks)
{
    struct jwk_info info;
    size_t usable = 0;
    size_t i;

    for (i = 0; jwks != NULL && i < jwks_count(jwks); i++) {
        jwks_describe(jwks, i, &info);
        usable += info.unusable == NULL ? 1 : 0;
    }
    return usable;
}

static enum reason read_pinned(const struct config *config, int64_t now, struct key_report *out)
{
    enum reason reason =
        key_cache_get(config, out->tenant, KEY_EFFORT_READ, now, NULL, &out->set, &out->problem);

    if (reason == REASON_ACCEPTED) {
        out->freshness = out->set.freshness;
        out->jwks = out->set.jwks;
        text_clear(&out->problem);
    }
    return reason == REASON_KEYS_UNAVAILABLE ? REASON_ACCEPTED : reason;
}

static enum reason read_cached(const struct config *config, int64_t now, struct key_report *out)
{
    switch (key_file_read(config, out->tenant, now, &out->file, &out->problem)) {
    case KEY_FILE_OK:
        out->freshness = key_file_freshness(out->tenant, out->file, now, &out->age);
        out->jwks = out->file->jwks;
        text_clear(&out->problem);
        return REASON_ACCEPTED;
    case KEY_FILE_ABSENT:
        return REASON_ACCEPTED;
    case KEY_FILE_NO_MEMORY:
        return REASON_OUT_OF_MEMORY;
    case KEY_FILE_UNSAFE:
    default:
        return REASON_CONFIG_ERROR;
    }
}

enum reason key_report_read(const struct config *config, const struct tenant *tenant, int64_t now,
                            struct key_report *out)
{
    enum reason reason;

    *out = (struct key_report){.tenant = tenant, .age = -1};
    reason =
        tenant->jwks_file != NULL ? read_pinned(config, now, out) : read_cached(config, now, out);
    key_state_read(config, tenant, &out->attempts);
    out->usable = count_usable(out->jwks);
    return reason;
}

void key_report_free(struct key_report *report)
{
    key_file_free(&report->file);
    key_set_free(&report->set);
    report->jwks = NULL;
}

bool key_report_usable(const struct key_report *report)
{
    return report->usable > 0 && report->freshness != KEYS_NONE &&
           report->freshness != KEYS_TOO_OLD;
}

const char *key_report_state(const struct key_report *report)
{
    if (report->freshness == KEYS_NONE) {
        return "absent";
    }
    return report->tenant->jwks_file != NULL ? "file" : key_freshness_name(report->freshness);
}

/* --- for people --- */

static void print_time(const char *label, int64_t when, int64_t now)
{
    struct text text = {0};

    output_time(&text, (double)when, now);
    output_row(label, text.at);
}

static void print_source(const struct key_report *report, int64_t now)
{
    const struct tenant *tenant = report->tenant;
    bool colour = output_colour();

    output_row("Issuer", tenant->issuer);
    if (tenant->jwks_file != NULL) {
        output_row("File", tenant->jwks_file);
    } else if (report->file != NULL) {
        output_row("Keys from", report->file->jwks_uri);
        print_time("Fetched", report->file->fetched, now);
        print_time("Confirmed", report->file->checked, now);
        print_time("Next refresh", report->file->checked + tenant->key_refresh, now);
        print_time("Used until", report->file->checked + tenant->key_max_age, now);
    }
    printf("%-12s ", "State");
    output_coloured(colour, key_report_usable(report) ? COLOUR_GOOD : COLOUR_BAD,
                    key_report_state(report));
    fputs(report->problem.len > 0 ? ": " : "", stdout);
    output_text(report->problem.at);
    putchar('\n');
}

static void print_attempts(const struct key_state *attempts, int64_t now)
{
    struct text text = {0};

    if (attempts->last_attempt > 0) {
        print_time("Last attempt", attempts->last_attempt, now);
    }
    if (attempts->failures > 0) {
        text_set(&text, "%lld in a row", (long long)attempts->failures);
        output_row("Failures", text.at);
    }
    if (attempts->last_error[0] != '\0') {
        text_clear(&text);
        text_quote(&text, bytes_of(attempts->last_error));
        output_row("Last error", text.at);
    }
}

static void print_entry(const struct jwk_info *info, bool colour)
{
    struct text kid = {0};
    struct text alg = {0};
    char size[32];

    if (info->has_kid) {
        output_foreign(&kid, info->kid);
    }
    if (info->alg.len > 0) {
        output_foreign(&alg, info->alg);
    }
    snprintf(size, sizeof(size), "%d bits", info->bits);
    printf("  %-40s %-8s %-10s %-8s ", info->has_kid ? kid.at : "(no kid)",
           strcmp(info->kty, "unknown") != 0 ? info->kty : "-",
           info->curve[0] != '\0' ? info->curve
           : info->bits > 0       ? size
                                  : "-",
           alg.len > 0 ? alg.at : "-");
    output_coloured(colour, info->unusable == NULL ? COLOUR_GOOD : COLOUR_WARNING,
                    info->unusable == NULL ? "usable" : "not usable");
    if (info->unusable != NULL) {
        fputs(": ", stdout);
        output_text(info->unusable);
    }
    putchar('\n');
}

void key_report_print(const struct key_report *report, int64_t now)
{
    bool colour = output_colour();
    struct jwk_info info;
    size_t i;

    output_row("Tenant", report->tenant->name);
    print_source(report, now);
    print_attempts(&report->attempts, now);
    for (i = 0; report->jwks != NULL && i < jwks_count(report->jwks); i++) {
        jwks_describe(report->jwks, i, &info);
        print_entry(&info, colour);
    }
}

/* --- for programs --- */

/* A time of the state file, which holds 0 for never. */
static void json_attempt(struct json_out *out, const char *name, int64_t when)
{
    if (when > 0) {
        json_out_integer(out, name, when);
    } else {
        json_out_null(out, name);
    }
}

static void json_cached(const struct key_report *report, struct json_out *out)
{
    const struct key_file *file = report->file;

    json_out_string(out, "jwks_uri", file != NULL ? file->jwks_uri : report->tenant->jwks_uri);
    json_out_string(out, "jwks_file", report->tenant->jwks_file);
    json_attempt(out, "fetched", file != NULL ? file->fetched : 0);
    json_attempt(out, "checked", file != NULL ? file->checked : 0);
    json_attempt(out, "next_refresh",
                 file != NULL ? file->checked + report->tenant->key_refresh : 0);
    json_attempt(out, "used_until", file != NULL ? file->checked + report->tenant->key_max_age : 0);
    if (report->age >= 0) {
        json_out_integer(out, "age", report->age);
    } else {
        json_out_null(out, "age");
    }
}

static void json_entry(const struct jwk_info *info, struct json_out *out)
{
    json_out_open(out, NULL, '{');
    json_out_bytes(out, "kid", info->has_kid ? info->kid : (struct bytes){NULL, 0});
    json_out_string(out, "kty", info->kty);
    json_out_string(out, "curve", info->curve[0] != '\0' ? info->curve : NULL);
    if (info->bits > 0) {
        json_out_integer(out, "bits", info->bits);
    } else {
        json_out_null(out, "bits");
    }
    json_out_bytes(out, "alg", info->alg.len > 0 ? info->alg : (struct bytes){NULL, 0});
    json_out_bool(out, "usable", info->unusable == NULL);
    json_out_string(out, "unusable", info->unusable);
    json_out_close(out, '}');
}

void key_report_print_json(const struct key_report *report, struct json_out *out)
{
    const struct key_state *attempts = &report->attempts;
    struct jwk_info info;
    size_t i;

    json_out_open(out, NULL, '{');
    json_out_string(out, "tenant", report->tenant->name);
    json_out_string(out, "issuer", report->tenant->issuer);
    json_out_string(out, "state", key_report_state(report));
    json_out_string(out, "problem", report->problem.len > 0 ? report->problem.at : NULL);
    json_cached(report, out);
    json_attempt(out, "last_attempt", attempts->last_attempt);
    json_attempt(out, "last_unknown_kid_attempt", attempts->last_unknown_kid_attempt);
    json_out_integer(out, "failures", attempts->failures);
    json_out_string(out, "last_error",
                    attempts->last_error[0] != '\0' ? attempts->last_error : NULL);
    json_out_open(out, "keys", '[');
    for (i = 0; report->jwks != NULL && i < jwks_count(report->jwks); i++) {
        jwks_describe(report->jwks, i, &info);
        json_entry(&info, out);
    }
    json_out_close(out, ']');
    json_out_close(out, '}');
}
