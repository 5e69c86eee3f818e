/*
 * An allocator that looks at what is freed, and can fail; a search through all memory.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
/* Whatever the flags say: the loaded module and its libraries must find what is here. */
#pragma GCC visibility push(default)

#include "search.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

/* glibc's own. */
void *__libc_malloc(size_t size);
void __libc_free(void *block);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

struct secret *secret;
struct watch watch;

static uint64_t hash(const uint8_t *at)
{
    uint64_t a, b;

    memcpy(&a, at, 8);
    memcpy(&b, at + 8, 8);
    a = (a ^ (b * 0x9e3779b97f4a7c15U)) * 0xbf58476d1ce4e5b9U;
    a ^= a >> 29;
    return a == 0 ? 1 : a;
}

static bool known(uint64_t value)
{
    size_t place = value % TABLE;

    while (secret->needles[place] != 0) {
        if (secret->needles[place] == value) {
            return true;
        }
        place = (place + 1) % TABLE;
    }
    return false;
}

void search_learn(const uint8_t *bytes, size_t len)
{
    size_t i;

    for (i = 0; i + WINDOW <= len; i++) {
        uint64_t value = hash(bytes + i);
        size_t place = value % TABLE;

        while (secret->needles[place] != 0 && secret->needles[place] != value) {
            place = (place + 1) % TABLE;
        }
        secret->needles[place] = value;
    }
}

/* How many windows of a secret are there? */
static size_t find(const uint8_t *bytes, size_t len)
{
    size_t found = 0;
    size_t i;

    for (i = 0; i + WINDOW <= len; i++) {
        found += known(hash(bytes + i));
    }
    return found;
}

void search_block(void *block)
{
    if (watch.watching && block != NULL) {
        watch.leaks += find(block, malloc_usable_size(block));
    }
}

/* json-c 0.16 does not look at what strdup returned, and ends the process where that was nothing:
 * within it no allocation fails here. */
static bool in_json_c(void)
{
    void *frame[16];
    int count = backtrace(frame, 16);
    int i;

    for (i = 0; i < count; i++) {
        Dl_info info;

        if (dladdr(frame[i], &info) != 0 && strstr(info.dli_fname, "libjson-c") != NULL) {
            return true;
        }
    }
    return false;
}

static bool fails(void)
{
    if (!watch.inside || stage_busy != 0) {
        return false;
    }
    watch.allocations++;
    if (watch.fail_at == 0 || watch.allocations != watch.fail_at) {
        return false;
    }
    watch.inside = false; /* backtrace may allocate */
    watch.failed = !in_json_c();
    watch.inside = true;
    return watch.failed;
}

void *malloc(size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    if (watch.watching && block != NULL) {
        /* A moved block is a freed one. */
        void *moved = __libc_malloc(size);
        size_t old = malloc_usable_size(block);

        if (moved == NULL) {
            return NULL;
        }
        memcpy(moved, block, old < size ? old : size);
        search_block(block);
        __libc_free(block);
        return moved;
    }
    return __libc_realloc(block, size);
}

void free(void *block)
{
    search_block(block);
    __libc_free(block);
}

/* All private writable memory. */
size_t search_everywhere(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    static char line[4096];
    size_t found = 0;

    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long from, to;
        char rights[5];

        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && rights[0] == 'r' &&
            rights[1] == 'w' && rights[3] == 'p') {
            size_t here = find((const uint8_t *)from, to - from);

            if (here > 0) {
                printf("#   %zu windows in %s", here, line);
            }
            found += here;
        }
    }
    if (maps == NULL) {
        found = 1;
    } else {
        fclose(maps);
    }
    return found;
}
