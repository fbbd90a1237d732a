/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts that JSON lines are made of, by what they are about. Within the JSON sink only. */
#ifndef OOMTRACE_SINK_JSONL_PARTS_H
#define OOMTRACE_SINK_JSONL_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"
#include "lib/json.h"

/* A text of the wire: at most its array of @size bytes, NUL or not; absent when empty. */
void jsonl_put_text(struct json *json, const char *key, const char *text, size_t size);
/* A word that is absent where there is none (NULL) for the value. */
void jsonl_put_word(struct json *json, const char *key, const char *word);
/* A path, absent when NULL; @cut_key stands beside it where it is @truncated. */
void jsonl_put_path(struct json *json, const char *key, const char *cut_key, const char *path,
		    bool truncated);
/* Bytes, absent when BYTES_UNKNOWN. */
void jsonl_put_bytes(struct json *json, const char *key, uint64_t bytes);
/* The members {reason: count} of @count reasons, within an object that is open. */
void jsonl_put_loss(struct json *json, const uint64_t *loss, unsigned int count);

/* What every line begins with; "" and 0 are absent. The object is left open. */
void jsonl_begin(struct json *json, const char *type, const char *host, const char *boot_id,
		 int64_t real_ns, uint64_t boot_ns);

/* The same of what was on @host, which may be NULL. */
void jsonl_begin_on(struct json *json, const char *type, const struct host *host, int64_t real_ns,
		    uint64_t boot_ns);

/* `cgroup` and the `container` that it names: where a process lives. */
void jsonl_put_place(struct json *json, const char *cgroup, bool truncated);
/* The members of a task, within an object that is open. */
void jsonl_put_task(struct json *json, const struct task *task);
/* `passed_over` {reason: count}: what was looked at and is no candidate. */
void jsonl_put_passed_over(struct json *json, const uint32_t passed_over[SKIP_MAX]);
/* `victim` and `victims`: who was killed is always told, even where only the chosen one arrived. */
void jsonl_put_victims(struct json *json, const struct episode *episode);
/* `candidates`, with at most the first @most of their tasks. */
void jsonl_put_candidates(struct json *json, const struct episode *episode, uint32_t most);

/* The members of a memory cgroup, within an object that is open. */
void jsonl_put_memcg(struct json *json, const struct memcg *memcg);
/* `memcg`, when one ran out, and `system`: what there was of memory and what it was used for. */
void jsonl_put_memory(struct json *json, const struct episode *episode);

/* What kind of a decision it was, among what. */
void jsonl_put_decision(struct json *json, const struct episode *episode);
/* `invoker`: who asked for memory, how, and on which nodes it might have come. */
void jsonl_put_invoker(struct json *json, const struct episode *episode);
/* `sysctl`: those that shape a decision. */
void jsonl_put_sysctl(struct json *json, const struct episode *episode);
/* `why` the victim was the one. */
void jsonl_put_why(struct json *json, const struct episode *episode);

#endif /* OOMTRACE_SINK_JSONL_PARTS_H */
