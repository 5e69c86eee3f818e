/*
 * What the tests around running auth0jwt-refresh share: orders for the stand-in, and what it wrote
 * down.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_SPAWN_WORLD_H
#define AUTH0JWT_TESTS_SPAWN_WORLD_H

#include <stdbool.h>

#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "cache_world.h"
#include "host/key_cache.h"
#include "host/key_state.h"
#include "host/refresh_run.h"

enum { SPAWN_TIMEOUT = 20000, NOW = 1800000000 };

/* The log of one test: the last line and how many there were. */
struct lines {
    size_t count;
    int level;
    char last[TEXT_SIZE];
};

/* A log that counts there; `lines` must outlive it. */
struct log lines_log(struct lines *lines);

/* What the stand-in is to do: see stand_in.h. */
void spawn_order(const struct cache_world *world, const char *text);

enum refresh_result spawn_run(const struct cache_world *world, enum refresh_kind kind,
                              int64_t timeout_ms, struct text *why);

/* What the stand-in wrote down, waiting for it; the caller frees it. */
char *spawn_record(const struct cache_world *world);

bool record_has_line(const char *record, const char *line);
size_t record_count_lines(const char *record, const char *start);

/* Has this process no child of any kind? */
void assert_no_child(void);

bool spawn_has_run(const struct cache_world *world);

/* Was it run, with this argument? Waits for the record, and removes it. */
bool spawn_was_run_with(const struct cache_world *world, const char *argument);

/* Puts a script in the program's place that puts such keys into the cache. */
void spawn_let_bring(const struct cache_world *world, const char *kid, int64_t checked);

/* key_cache_get, asserting that its outputs fit together. */
enum reason world_get(const struct cache_world *world, enum key_effort effort, int64_t now,
                      struct key_set *set, struct text *detail);

void world_put_state(const struct cache_world *world, const struct key_state *with);

#endif
