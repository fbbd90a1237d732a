/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What one event puts into a store: the columns that people filter and sort by, and the JSON line
 * itself. One shape for all tables: a column that an event knows nothing of stays NULL.
 */
#ifndef OOMTRACE_STORE_ROW_H
#define OOMTRACE_STORE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_row_kind {
	STORE_RUN,       /* a tracer that has been attached, an import or a replay that begins */
	STORE_EPISODE,   /* a decision, with a victim or without */
	STORE_OUTCOME,   /* what became of a victim */
	STORE_USER_KILL, /* a signal of a user-space OOM killer */
	STORE_LOSS,      /* what was lost on the way */
	STORE_DETACHED,  /* the run's end */
	STORE_ROW_KINDS,
};

/* Columns that are numbers; those named so in the schema. */
enum store_number {
	STORE_TIME_NS, /* CLOCK_REALTIME */
	STORE_BOOT_NS, /* CLOCK_BOOTTIME */
	STORE_PID,
	STORE_UID,
	STORE_BYTES,
	STORE_VICTIMS,
	STORE_CANDIDATES,
	STORE_LOST,
	STORE_EXITED_NS, /* since the decision, as the two below */
	STORE_FREED_NS,
	STORE_REAPED_NS,
	STORE_SIGNAL,
	STORE_SENDER_PID,
	STORE_COUNT,
	STORE_KERNEL_KILLS, /* oom_kill of /proc/vmstat; of an episode: what it added to that */
	STORE_NUMBERS,
};

/* Columns that are texts. Those of a host say whose event it is; "" or NULL where not known. */
enum store_text {
	STORE_HOST,
	STORE_BOOT_ID,
	STORE_LINE,
	STORE_ID,
	STORE_TYPE, /* of an episode: oom_kill, oom_no_kill */
	STORE_SOURCE,
	STORE_TIME_TEXT,
	STORE_CONSTRAINT,
	STORE_SELECTION,
	STORE_MEMCG,
	STORE_COMM,
	STORE_CGROUP,
	STORE_UNIT,
	STORE_CONTAINER,
	STORE_POD,
	STORE_POD_UID,
	STORE_NAMESPACE,
	STORE_SENDER_COMM,
	STORE_REASON,
	STORE_KIND, /* of a run: trace, import, replay */
	STORE_VERSION,
	STORE_BACKEND,
	STORE_KERNEL,
	STORE_TEXTS,
};

struct store_bytes {
	const char *text; /* valid UTF-8, not ended by a NUL; NULL: not known */
	size_t len;
};

struct store_row {
	enum store_row_kind kind;
	uint32_t known; /* bits of enum store_number */
	int64_t number[STORE_NUMBERS];
	struct store_bytes text[STORE_TEXTS];
};

static inline void store_row_number(struct store_row *row, enum store_number which, int64_t value)
{
	row->number[which] = value;
	row->known |= 1U << which;
}

static inline void store_row_text(struct store_row *row, enum store_text which, const char *text,
				  size_t len)
{
	row->text[which] = (struct store_bytes){.text = text, .len = text ? len : 0};
}

#endif /* OOMTRACE_STORE_ROW_H */
