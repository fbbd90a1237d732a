/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An assembler whose every word is kept, for tests to look at. */
#ifndef OOMTRACE_TESTS_OBSERVER_H
#define OOMTRACE_TESTS_OBSERVER_H

#include "core/assemble.h"
#include "wiregen.h"

#define SEEN_MAX   8192
#define SEEN_TASKS 64

/* An episode as it was told, with what dies with the callback copied. */
struct seen_episode {
	struct episode is; /* its pointers are dead, but for those below */
	struct task tasks[SEEN_TASKS], victims[SEEN_TASKS];
	char victim_cgroup[2048], invoker_cgroup[2048], memcg_path[2048];
};

struct observer {
	struct assembler *assembler;
	struct seen_episode episodes[64], no_kills[8];
	struct outcome outcomes[SEEN_MAX];
	struct lost lost[SEEN_MAX];
	uint32_t n_episodes, n_no_kills, n_outcomes, n_lost, n_attached, n_detached;
	uint64_t lost_total[LOSS_MAX]; /* the sum of what was told */
	int64_t attached_real_ns;
	char host_name[WIRE_TEXT_LEN]; /* of the last episode */
	struct totals totals;          /* as told at the end */
	char order[SEEN_MAX];          /* a, e, n, o, l, d: in which order things were told */
	uint32_t n_order;
};

/* Begins anew, with a clock of offset 10^9 and a host of @backend. @max_candidates as asked. */
struct observer *observe(uint32_t backend, uint32_t max_candidates);

/* The same without clock and host. */
struct observer *observe_nothing(uint32_t max_candidates);

/* Ends what observe() began; nothing more is told. */
void observer_done(struct observer *observer);

/* Feeds @record of its head's size, from memory of exactly that size at an odd address. */
int observer_feed(struct observer *observer, const void *record);

/* What was told of the last episode, or of the only one. */
struct seen_episode *observer_last(struct observer *observer);

#define FEED(observer, record)                                       \
	do {                                                         \
		__typeof__(record) fed_ = (record);                  \
		assert_int_equal(observer_feed(observer, &fed_), 0); \
	} while (0)

#endif /* OOMTRACE_TESTS_OBSERVER_H */
