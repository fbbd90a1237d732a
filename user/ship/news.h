/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* That something was written into a store, or that one has been made. */
#ifndef OOMTRACE_SHIP_NEWS_H
#define OOMTRACE_SHIP_NEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/loop.h"

struct news;

/*
 * Watches the store @path, which need not be there: @fn is called soon after something was
 * written. Where that cannot be watched, nothing is told, which is no error. Returns 0 and sets
 * *@ret_news, or a negative errno.
 */
int news_watch(const char *path, struct loop *loop, void (*fn)(void *ctx), void *ctx,
	       struct news **ret_news);

/*
 * Whether something was written so lately that more of it may still come to be seen: a file is
 * written before its transaction is. NULL is fine.
 */
bool news_are_fresh(const struct news *news, uint64_t now_boot_ns);

/* NULL is fine. */
void news_free(struct news *news);

#endif /* OOMTRACE_SHIP_NEWS_H */
