/*
 * Reading and writing NAME.keys. What is wrong with the content makes the file absent, so that the
 * next refresh heals it; what is wrong with owner or mode is the administrator's to look at.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/key_file.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safe_file.h"
#include "host/cache_folder.h"
#include "host/https_url.h"
#include "host/checked_text.h"
#include "jwt/json.h"

/* Four times what is ever written: a file that was appended to is damaged, one beyond that unsafe.
 */
enum { FILE_MAX = 4 * (JWKS_MAX_SIZE + CHECKED_TEXT_LINE_MAX), CLOCK_TOLERANCE = 300 };

static const char magic[] = "auth0jwt-keys";

static const struct {
    const char *name;
    size_t offset; /* of a char * */
} strings[] = {
    {"issuer", offsetof(struct key_file, issuer)},
    {"jwks_uri", offsetof(struct key_file, jwks_uri)},
    {"etag", offsetof(struct key_file, etag)},
    {"last_modified", offsetof(struct key_file, last_modified)},
};

static const struct number_row numbers[] = {
    {"fetched", offsetof(struct key_file, fetched)},
    {"checked", offsetof(struct key_file, checked)},
    {"date_skew", offsetof(struct key_file, date_skew)},
};

enum { STRING_COUNT = sizeof(strings) / sizeof(strings[0]) };
enum { NUMBER_COUNT = sizeof(numbers) / sizeof(numbers[0]) };

static char **string_at(struct key_file *file, size_t row)
{
    return (char **)(void *)((char *)file + strings[row].offset);
}

void key_file_free(struct key_file **file)
{
    size_t i;

    if (*file == NULL) {
        return;
    }
    for (i = 0; i < STRING_COUNT; i++) {
        free(*string_at(*file, i));
    }
    jwks_free(&(*file)->jwks);
    free(*file);
    *file = NULL;
}

/* The members around the keys. */
static enum key_file_result read_members(const struct json *root, struct key_file *file)
{
    size_t i;

    for (i = 0; i < STRING_COUNT; i++) {
        struct bytes content;

        if (json_member_string(root, strings[i].name, &content) != JSON_STRING) {
            return KEY_FILE_ABSENT;
        }
        *string_at(file, i) = bytes_to_string(content);
        if (*string_at(file, i) == NULL) {
            return KEY_FILE_NO_MEMORY;
        }
    }
    return number_rows_read(root, numbers, NUMBER_COUNT, true, file) ? KEY_FILE_OK
                                                                     : KEY_FILE_ABSENT;
}

static enum key_file_result parse_file(struct bytes sealed, struct key_file *file)
{
    enum key_file_result result = KEY_FILE_ABSENT;
    struct json *root = NULL;
    struct bytes body;
    enum reason r;

    if (!checked_text_open(magic, sealed, &body)) {
        return KEY_FILE_ABSENT;
    }
    r = json_parse(body, &root);
    if (r == REASON_ACCEPTED) {
        result = read_members(root, file);
    }
    json_free(&root);
    if (result == KEY_FILE_OK) {
        r = jwks_parse(body, &file->jwks);
    }
    if (r == REASON_OUT_OF_MEMORY) {
        return KEY_FILE_NO_MEMORY;
    }
    return r == REASON_ACCEPTED ? result : KEY_FILE_ABSENT;
}

/* Is a well-formed file one that this configuration and this clock can believe? */
static const char *disbelieve(const struct tenant *tenant, const struct key_file *file, int64_t now)
{
    if (strcmp(file->issuer, tenant->issuer) != 0) {
        return "is of another issuer than the configured one";
    }
    if (tenant->jwks_uri != NULL && strcmp(file->jwks_uri, tenant->jwks_uri) != 0) {
        return "is from another address than the configured jwks_uri";
    }
    /* A pinned address may be anywhere. Once it is no longer pinned, what came from there is not
     * believed longer than what discovery could have named. */
    if (tenant->jwks_uri == NULL &&
        !https_url_at_issuer(bytes_of(file->jwks_uri), tenant->issuer)) {
        return "is from an address that is not the issuer's, and no jwks_uri is configured";
    }
    if (file->fetched < 0 || file->checked < 0 || file->fetched > now + CLOCK_TOLERANCE ||
        file->checked > now + CLOCK_TOLERANCE) {
        return "is from the future: check the clock";
    }
    return NULL;
}

static enum key_file_result judge(const struct config *config, const struct tenant *tenant,
                                  int64_t now, struct bytes sealed, struct key_file **out,
                                  struct text *why)
{
    struct key_file *file = calloc(1, sizeof(*file));
    enum key_file_result result = KEY_FILE_NO_MEMORY;
    const char *wrong = NULL;
    char name[CACHE_FILE_NAME_MAX];

    if (file != NULL) {
        result = parse_file(sealed, file);
    }
    if (result == KEY_FILE_ABSENT) {
        wrong = "is damaged (its checksum or content is wrong)";
    } else if (result == KEY_FILE_OK) {
        wrong = disbelieve(tenant, file, now);
    }
    if (wrong != NULL) {
        cache_file_name(tenant, CACHE_FILE_KEYS, name);
        text_set(why, "%s/%s %s; it counts as absent", config->global.cache_dir, name, wrong);
        result = KEY_FILE_ABSENT;
    }
    if (result == KEY_FILE_NO_MEMORY) {
        text_set(why, "out of memory");
    }
    if (result == KEY_FILE_OK) {
        *out = file;
        file = NULL;
    }
    key_file_free(&file);
    return result;
}

static enum key_file_result translate(enum safe_file found)
{
    switch (found) {
    case SAFE_FILE_OK:
        return KEY_FILE_OK;
    case SAFE_FILE_MISSING:
        return KEY_FILE_ABSENT;
    case SAFE_FILE_NO_MEMORY:
        return KEY_FILE_NO_MEMORY;
    case SAFE_FILE_UNSAFE:
    default:
        return KEY_FILE_UNSAFE;
    }
}

enum key_file_result key_file_read(const struct config *config, const struct tenant *tenant,
                                   int64_t now, struct key_file **out, struct text *why)
{
    enum key_file_result result;
    struct blob sealed;

    *out = NULL;
    result = translate(cache_file_read(config, tenant, CACHE_FILE_KEYS, FILE_MAX, &sealed, why));
    if (result == KEY_FILE_OK) {
        result = judge(config, tenant, now, bytes_of_blob(&sealed), out, why);
    }
    blob_free(&sealed);
    return result;
}

static void write_body(FILE *stream, const void *context)
{
    const struct key_file *file = context;
    struct key_file copy = *file;
    size_t i;

    fputc('{', stream);
    for (i = 0; i < STRING_COUNT; i++) {
        const char *content = *string_at(&copy, i);

        fprintf(stream, "\"%s\":", strings[i].name);
        json_write_string(stream, bytes_of(content == NULL ? "" : content));
        fputc(',', stream);
    }
    number_rows_write(stream, numbers, NUMBER_COUNT, file);
    fputs("\"keys\":[", stream);
    for (i = 0; i < jwks_count(file->jwks); i++) {
        fputs(i == 0 ? "\n" : ",\n", stream);
        jwks_write_entry(stream, file->jwks, i);
    }
    fputs("\n]}\n", stream);
}

bool key_file_write(const struct config *config, const struct tenant *tenant,
                    const struct key_file *file, struct text *why)
{
    struct blob sealed;
    const char *wrong = checked_text_format(magic, JWKS_MAX_SIZE, write_body, file, &sealed);
    bool good;

    if (wrong != NULL) {
        text_set(why, "the keys of tenant %s cannot be written: %s", tenant->name, wrong);
        return false;
    }
    good = cache_file_write(config, tenant, CACHE_FILE_KEYS, 0644, bytes_of_blob(&sealed), why);
    blob_free(&sealed);
    return good;
}
