/*
 * The wrapped allocators.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fail_alloc.h"

#include <stddef.h>
#include <string.h>

static unsigned long fail_at;
static unsigned long asked;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void fail_alloc_at(unsigned long n)
{
    fail_at = n;
    asked = 0;
}

bool fail_alloc_done(void)
{
    return fail_at != 0 && asked >= fail_at;
}

static bool fails(void)
{
    asked++;
    return fail_at != 0 && asked == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/* libc's own would not ask the wrapped malloc. */
char *__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = __wrap_malloc(size);

    return copy == NULL ? NULL : memcpy(copy, text, size);
}
