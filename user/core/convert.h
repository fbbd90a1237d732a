/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the wire's units and absences to an episode's: bytes, known bits, text. */
#ifndef OOMTRACE_CORE_CONVERT_H
#define OOMTRACE_CORE_CONVERT_H

#include "core/episode.h"

/* What the conversion needs to know of the world. */
struct convert {
	uint64_t page_size; /* 0: not known, then no memory is */
	uint64_t boot_ns;   /* the decision */
};

/* Pages as bytes; the highest number there is where they do not fit. */
uint64_t convert_pages(uint64_t pages, uint64_t page_size);

/* A limit of @pages in bytes; 0 where it is none. */
void convert_limit(uint64_t pages, uint64_t page_size, uint64_t *ret_bytes, bool *ret_is_max);

/* A task but for its cgroup, which the wire carries beside it. */
void convert_task(const struct wire_task *wire, const struct convert *convert,
		  struct task *ret_task);

/* Says that @task lives in @path (NULL: not known). The text is the caller's. */
void convert_cgroup(struct task *task, const char *path, bool truncated);

/* All of @ret_kill but the wall clock. */
void convert_signal(const struct wire_signal *wire, struct user_kill *ret_kill);

/* The counters of a level above the memcg in OOM; its path is the caller's to set. */
void convert_ancestor(const struct wire_ancestor *wire, bool v1, uint64_t page_size,
		      struct memcg *ret_memcg);

/* A memcg but for its path. */
void convert_memcg(const struct wire_memcg *wire, uint64_t page_size, struct memcg *ret_memcg);

/* Memory of which nothing is known. */
void convert_memory_unknown(struct memory *ret_memory);

/* What the memory was used for. */
void convert_memory(const struct wire_memory *wire, struct memory *ret_memory);

/*
 * Nodes as the kernel lists them, "0-3,8", into @ret_text of @size bytes: "" for none. A list that
 * does not fit ends with "..." behind the last range that does.
 */
void convert_nodes(const uint64_t nodes[WIRE_NODE_WORDS], char *ret_text, size_t size);

/*
 * A command line's @len bytes, each argument with its NUL, as arguments with blanks between them,
 * into @ret_text of more than @len bytes. Returns its length; 0: it says nothing.
 */
size_t convert_cmdline(const char *wire, size_t len, char *ret_text);

/*
 * The name of a kill: 16 hex digits of a 64-bit FNV-1a over the boot id's text, the chosen
 * victim's pid (4 bytes, little endian) and its start time (8 bytes, little endian). Nothing of
 * the tracer is in it, so that two tracers on one host give one kill one name, and a replay
 * keeps it.
 */
void convert_id(const char *boot_id, uint32_t pid, uint64_t start_ns, char ret_id[EPISODE_ID_LEN]);

#endif /* OOMTRACE_CORE_CONVERT_H */
