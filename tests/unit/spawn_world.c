/*
 * What the tests around running auth0jwt-refresh share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "spawn_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void keep_line(void *context, int level, const char *line)
{
    struct lines *lines = context;

    lines->count++;
    lines->level = level;
    snprintf(lines->last, sizeof(lines->last), "%s", line);
}

struct log lines_log(struct lines *lines)
{
    return (struct log){.sink = keep_line, .context = lines};
}

void spawn_order(const struct cache_world *world, const char *text)
{
    world_write(world->conf, bytes_of(text));
}

enum refresh_result spawn_run(const struct cache_world *world, enum refresh_kind kind,
                              int64_t timeout_ms, struct text *why)
{
    return refresh_run(&world->config, &world->tenant, kind, timeout_ms, why);
}

/* What the stand-in wrote down; waits for it. */
char *spawn_record(const struct cache_world *world)
{
    char path[WORLD_PATH_MAX + 16];
    int i;

    snprintf(path, sizeof(path), "%s.record", world->conf);
    for (i = 0; i < 1500 && access(path, F_OK) != 0; i++) {
        usleep(10000);
    }
    return (char *)world_read(path).ptr;
}

bool record_has_line(const char *record, const char *line)
{
    size_t length = strlen(line);
    const char *at = record;

    while ((at = strstr(at, line)) != NULL) {
        if ((at == record || at[-1] == '\n') && at[length] == '\n') {
            return true;
        }
        at += length;
    }
    return false;
}

size_t record_count_lines(const char *record, const char *start)
{
    size_t count = 0;
    const char *at = record;

    while (at != NULL) {
        count += strncmp(at, start, strlen(start)) == 0;
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    return count;
}

void assert_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(errno, ECHILD);
}

static void record_path(const struct cache_world *world, char path[WORLD_PATH_MAX + 16])
{
    snprintf(path, WORLD_PATH_MAX + 16, "%s.record", world->conf);
}

bool spawn_has_run(const struct cache_world *world)
{
    char path[WORLD_PATH_MAX + 16];

    record_path(world, path);
    return access(path, F_OK) == 0;
}

/* Was it run, with this argument? Forgets it. */
bool spawn_was_run_with(const struct cache_world *world, const char *argument)
{
    char path[WORLD_PATH_MAX + 16];
    char line[64];
    struct blob record;
    bool found;
    int i;

    record_path(world, path);
    for (i = 0; i < 1500 && access(path, F_OK) != 0; i++) {
        usleep(10000);
    }
    record = world_read(path);
    snprintf(line, sizeof(line), "arg %s\n", argument);
    found = strstr((char *)record.ptr, line) != NULL;
    blob_free(&record);
    assert_int_equal(unlink(path), 0);
    return found;
}

enum reason world_get(const struct cache_world *world, enum key_effort effort, int64_t now,
                      struct key_set *set, struct text *detail)
{
    enum reason r = key_cache_get(&world->config, &world->tenant, effort, now, NULL, set, detail);

    assert_true((r == REASON_ACCEPTED) == (set->jwks != NULL));
    if (r != REASON_ACCEPTED) {
        assert_int_equal(set->freshness, KEYS_NONE);
        assert_int_equal(set->age, 0);
    }
    return r;
}

void world_put_state(const struct cache_world *world, const struct key_state *with)
{
    assert_true(key_state_write(&world->config, &world->tenant, with, NULL));
}

/* Prepares what the stand-in's run "brings": the program becomes a script that moves a file into
 * place. */
void spawn_let_bring(const struct cache_world *world, const char *kid, int64_t checked)
{
    char ready[WORLD_PATH_MAX + 16];
    char script[4 * WORLD_PATH_MAX];

    snprintf(ready, sizeof(ready), "%s.ready", world->keys);
    world_put_keys(world, kid, checked);
    assert_int_equal(rename(world->keys, ready), 0);
    snprintf(script, sizeof(script), "#!/bin/sh\necho \"arg $6\" > %s.record\nmv %s %s\nexit 0\n",
             world->conf, ready, world->keys);
    world_write(world->program, bytes_of(script));
    assert_int_equal(chmod(world->program, 0755), 0);
}
