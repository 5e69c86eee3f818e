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
#include <unistd.h>

#include "base/safe_file.h"
#include "host/atomic_file.h"
#include "host/checked_text.h"
#include "jwt/json.h"

enum {
    /* Four times what is ever written: a file that was appended to is damaged, one beyond that
       unsafe. */
    FILE_MAX = 4 * (JWKS_MAX_SIZE + CHECKED_TEXT_LINE_MAX),
    FILE_NAME_MAX = 64,
    CLOCK_TOLERANCE = 300
};

static const char magic[] = "auth0jwt-keys";
static const double number_max = 253402300799.0;

static const struct {
    const char *name;
    size_t offset;
} strings[] =
    {
        {"issuer", offsetof(struct key_file, issuer)},
        {"jwks_uri", offsetof(struct key_file, jwks_uri)},
        {"etag", offsetof(struct key_file, etag)},
        {"last_modified", offsetof(struct key_file, last_modified)},
},
  numbers[] = {
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

static int64_t *number_at(struct key_file *file, size_t row)
{
    return (int64_t *)(void *)((char *)file + numbers[row].offset);
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

static void name_of(const struct tenant *tenant, char name[FILE_NAME_MAX])
{
    snprintf(name, FILE_NAME_MAX, "%s.keys", tenant->name);
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
    for (i = 0; i < NUMBER_COUNT; i++) {
        const struct json *member = NULL;
        double value;

        if (!json_member(root, numbers[i].name, &member) || !json_number(member, &value) ||
            value < -number_max || value > number_max) {
            return KEY_FILE_ABSENT;
        }
        *number_at(file, i) = (int64_t)value;
    }
    return KEY_FILE_OK;
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

    if (file != NULL) {
        result = parse_file(sealed, file);
    }
    if (result == KEY_FILE_ABSENT) {
        wrong = "is damaged (its checksum or content is wrong)";
    } else if (result == KEY_FILE_OK) {
        wrong = disbelieve(tenant, file, now);
    }
    if (wrong != NULL) {
        text_set(why, "%s/%s.keys %s; it counts as absent", config->global.cache_dir, tenant->name,
                 wrong);
        result = KEY_FILE_ABSENT;
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
    const char *label = config->global.cache_dir;
    struct blob sealed = {NULL, 0};
    enum key_file_result result;
    char name[FILE_NAME_MAX];
    int folder = -1;

    *out = NULL;
    name_of(tenant, name);
    result = translate(safe_folder_open(label, &folder, why));
    if (result == KEY_FILE_OK) {
        result = translate(safe_file_read_at(folder, label, name, FILE_MAX, &sealed, why));
        close(folder);
    }
    if (result == KEY_FILE_OK) {
        result = judge(config, tenant, now, bytes_of_blob(&sealed), out, why);
    }
    blob_free(&sealed);
    return result;
}

static void write_body(FILE *stream, const struct key_file *file)
{
    struct key_file copy = *file;
    size_t i;

    fputc('{', stream);
    for (i = 0; i < STRING_COUNT; i++) {
        const char *content = *string_at(&copy, i);

        fprintf(stream, "\"%s\":", strings[i].name);
        json_write_string(stream, bytes_of(content == NULL ? "" : content));
        fputc(',', stream);
    }
    for (i = 0; i < NUMBER_COUNT; i++) {
        fprintf(stream, "\"%s\":%lld,", numbers[i].name, (long long)*number_at(&copy, i));
    }
    fputs("\"keys\":[", stream);
    for (i = 0; i < jwks_count(file->jwks); i++) {
        fputs(i == 0 ? "\n" : ",\n", stream);
        jwks_write_entry(stream, file->jwks, i);
    }
    fputs("\n]}\n", stream);
}

/* The sealed content; false with `wrong`. */
static bool format_file(const struct key_file *file, struct blob *out, const char **wrong)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    bool good = false;

    *out = (struct blob){NULL, 0};
    *wrong = "out of memory";
    if (stream != NULL) {
        write_body(stream, file);
        good = ferror(stream) == 0;
        good = fclose(stream) == 0 && good;
    }
    if (good && length > JWKS_MAX_SIZE) {
        *wrong = "too large to be read again";
        good = false;
    }
    good = good && checked_text_seal(magic, (struct bytes){(const uint8_t *)text, length}, out);
    free(text);
    return good;
}

bool key_file_write(const struct config *config, const struct tenant *tenant,
                    const struct key_file *file, struct text *why)
{
    const char *label = config->global.cache_dir;
    struct blob sealed = {NULL, 0};
    const char *wrong = NULL;
    char name[FILE_NAME_MAX];
    bool good = false;
    int folder;

    name_of(tenant, name);
    if (!format_file(file, &sealed, &wrong)) {
        text_set(why, "%s/%s cannot be written: %s", label, name, wrong);
        return false;
    }
    if (safe_folder_open(label, &folder, why) == SAFE_FILE_OK) {
        good = atomic_file_write(folder, label, name, 0644, bytes_of_blob(&sealed), why);
        close(folder);
    }
    blob_free(&sealed);
    return good;
}
