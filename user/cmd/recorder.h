/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes a recording (core/recording.h) while it happens, by a thread of its own. A file that is
 * slower than what happens misses records; the recording says so itself, by a struct wire_lost.
 */
#ifndef OOMTRACE_CMD_RECORDER_H
#define OOMTRACE_CMD_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recorder;

/*
 * Begins @path anew. Returns 0 and sets *@ret_recorder, or a negative errno
 * after having said why. @news_fd as in struct writer_options.
 */
int recorder_new(const char *path, int news_fd, struct recorder **ret_recorder);

/* Starts the thread; until then records are only queued. Returns 0 or a negative errno. */
int recorder_start(struct recorder *recorder);

/* Closes the file. NULL is fine. */
void recorder_free(struct recorder *recorder);

/* Adds one record. A file that cannot be written is told once, and ends there. */
void recorder_add(struct recorder *recorder, const void *record, size_t len);

/*
 * How many records the recording misses, for it to be told by the next one, which is noted to be.
 * 0: there is nothing new to tell, or no room to tell it.
 */
uint64_t recorder_owed(struct recorder *recorder);

/* What comes now are the last words: for them, and for what is owed, there always is room. */
void recorder_last(struct recorder *recorder);

/* How many records it misses in all. */
uint64_t recorder_missed(const struct recorder *recorder);

/* Hands what was added to the thread, and tells what is new. */
void recorder_flush(struct recorder *recorder);

/* Nothing more will be added. */
void recorder_close(struct recorder *recorder);

/* After that, waits for the file as writer_finish() does. */
void recorder_finish(struct recorder *recorder, int cancel_fd, uint64_t *cancelled_ns);

/* Whether something could not be written: what is in the file is good as far as it goes. */
bool recorder_failed(const struct recorder *recorder);

#endif /* OOMTRACE_CMD_RECORDER_H */
