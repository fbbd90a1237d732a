/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What has been handed over and is not confirmed yet. Confirmations come in any order; up to where
 * all has come is the watermark. Pure memory, of a fixed size.
 */
#ifndef OOMTRACE_SHIP_WINDOW_H
#define OOMTRACE_SHIP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_MOST 10000

enum window_state { WINDOW_FLYING, WINDOW_DONE, WINDOW_FAILED };

struct window_entry {
	int64_t number;
	int64_t time_ns; /* of the event; 0: not known */
	enum window_state state;
};

struct window {
	int64_t low; /* all up to it is done */
	struct window_entry entries[WINDOW_MOST];
	size_t first, count; /* entries in use, a ring, by rising numbers */
	size_t flying, failed;
	int64_t kept[WINDOW_MOST]; /* what was done when it was begun again, rising */
	size_t n_kept;
};

/* All up to @low is done. */
void window_begin(struct window *window, int64_t low);

bool window_is_full(const struct window *window);
/* Nothing is flying, nor has anything failed. */
bool window_is_clear(const struct window *window);

/* Whether @number was confirmed before window_again(), so that it need not be sent again. */
bool window_was_done(const struct window *window, int64_t number);

/*
 * @number, above all that are in it, is flying; or, @done, only passed over. The window is not
 * full.
 */
void window_add(struct window *window, int64_t number, int64_t time_ns, bool done);

/* @number has arrived, or has not. One that is not flying is left as it is. */
void window_done(struct window *window, int64_t number);
void window_fail(struct window *window, int64_t number);

/* Who carried them is gone: all that were flying have failed. */
void window_fail_all(struct window *window);

/* Nothing being in flight, begins anew behind the watermark, what is done beyond it being kept. */
void window_again(struct window *window);

/* The time of the oldest that is not done, 0 where there is none or it is not known. */
int64_t window_oldest_ns(const struct window *window);

#endif /* OOMTRACE_SHIP_WINDOW_H */
