/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How far a store has been shipped, in a file of its own: replaced whole, and on the disk before it
 * counts. One shipper at a time has it.
 */
#ifndef OOMTRACE_SHIP_WATERMARK_H
#define OOMTRACE_SHIP_WATERMARK_H

#include <stdint.h>

#include "store/events.h"

#define WATERMARK_ERROR_LEN 256

struct watermark {
	char store[STORE_IDENTITY_LEN]; /* whose numbers they are */
	int64_t number;                 /* all events up to it are confirmed */
	int64_t confirmed_ns;           /* CLOCK_REALTIME of the last confirmation; 0: none yet */
};

struct watermark_file;

/*
 * Takes the file @path for @topic, which is as long as the shipper. Returns 0 and sets *@ret_file,
 * or a negative errno with the reason in @ret_error: -EBUSY another shipper has it.
 */
int watermark_open(const char *path, const char *topic, struct watermark_file **ret_file,
		   char ret_error[WATERMARK_ERROR_LEN]);

/*
 * Returns 0 and sets *@ret_mark, all zeros where there is none yet; or a negative errno with the
 * reason in @ret_error: -EBADMSG it is none, -EINVAL it is another topic's.
 */
int watermark_read(const struct watermark_file *file, struct watermark *ret_mark,
		   char ret_error[WATERMARK_ERROR_LEN]);

/* Durable when it returns 0; after a negative errno the former one stands. */
int watermark_write(const struct watermark_file *file, const struct watermark *mark);

/* NULL is fine. */
void watermark_close(struct watermark_file *file);

#endif /* OOMTRACE_SHIP_WATERMARK_H */
