/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A store with a thread of its own, behind a bounded queue of rows (store/pack.h). A store that
 * fails costs that queue, then rows, which are counted; it is told once, and tried again until it
 * works.
 */
#ifndef OOMTRACE_STORE_KEEPER_H
#define OOMTRACE_STORE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/queue.h"
#include "store/store.h"

struct keeper;

struct keeper_options {
	const char *path;
	struct store_options store;
	struct store_keep keep;
	size_t queue_bytes;
	const char *kind; /* of a run that does not say so itself: import, replay */
	/*
	 * Who puts waits for room, and a store that fails is not tried again: for what can be read
	 * once more.
	 */
	bool batch;
	uint64_t (*kernel_kills)(void); /* the kernel's count now, UINT64_MAX: not known; or NULL */
	/* So often it is written down, of a run that is quiet, until when it was one; 0: never. */
	uint64_t beat_ns;
};

struct keeper_state {
	uint64_t stored; /* kills, committed */
	uint64_t known;  /* kills that were there already */
	uint64_t lost;   /* rows that could not be stored, those that did not fit left out */
	bool failed;     /* batch: nothing more is taken */
};

/* Opens the store. Returns 0 and sets *@ret_keeper, or a negative errno with the reason. */
int keeper_new(const struct keeper_options *options, struct keeper **ret_keeper,
	       char ret_error[STORE_ERROR_LEN]);

/* Its store, until keeper_start(). */
struct store *keeper_store(struct keeper *keeper);

/* Starts the thread; until then rows wait in the queue. Returns 0 or a negative errno. */
int keeper_start(struct keeper *keeper);

/* Where rows are put, by one thread. What was refused there is to be told by keeper_refused(). */
struct queue *keeper_queue(struct keeper *keeper);
void keeper_refused(struct keeper *keeper);

/*
 * Nobody watches from here on: @kernel_kills is what the kernel had counted by now, and no more
 * than that will be said to have been seen.
 */
void keeper_detached(struct keeper *keeper, uint64_t kernel_kills);

void keeper_state(const struct keeper *keeper, struct keeper_state *ret_state);

/*
 * Nothing more will be put: waits until all is stored, a batch however long it takes, else some
 * seconds. Says what could not be stored.
 */
void keeper_finish(struct keeper *keeper);

/* NULL is fine. */
void keeper_free(struct keeper *keeper);

#endif /* OOMTRACE_STORE_KEEPER_H */
