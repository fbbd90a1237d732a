// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/news.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/log.h"

#define FRESH_NS 3000000000ULL
#define EVENTS   (IN_MODIFY | IN_CREATE | IN_MOVED_TO)

struct news {
	int fd;
	uint64_t last_ns;
	char name[NAME_MAX + 1]; /* how the store's files begin */
	void (*fn)(void *ctx);
	void *ctx;
};

static void on_events(void *ctx, int fd)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct news *news = ctx;
	bool ours = false;
	ssize_t len;

	while ((len = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < len;) {
			const struct inotify_event *event = (const void *)(buffer + at);

			ours |= !event->len ||
				strncmp(event->name, news->name, strlen(news->name)) == 0;
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	/* A storm is told of once: who is told looks again by itself while news are fresh. */
	if (ours && !news_are_fresh(news, loop_now()))
		news->fn(news->ctx);
	if (ours)
		news->last_ns = loop_now();
}

int news_watch(const char *path, struct loop *loop, void (*fn)(void *ctx), void *ctx,
	       struct news **ret_news)
{
	struct news *news = calloc(1, sizeof(*news));
	char directory[PATH_MAX], name[PATH_MAX];
	int error;

	if (!news)
		return -ENOMEM;
	snprintf(directory, sizeof(directory), "%s", path);
	snprintf(name, sizeof(name), "%s", path);
	snprintf(news->name, sizeof(news->name), "%.*s", NAME_MAX, basename(name));
	news->fn = fn;
	news->ctx = ctx;
	news->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (news->fd < 0 || inotify_add_watch(news->fd, dirname(directory), EVENTS) < 0) {
		log_detail("the store's directory cannot be watched, it is looked into every few "
			   "seconds: %s",
			   strerror(errno));
		*ret_news = news;
		return 0;
	}
	error = loop_add_fd(loop, news->fd, on_events, news);
	if (error) {
		news_free(news);
		return error;
	}
	*ret_news = news;
	return 0;
}

bool news_are_fresh(const struct news *news, uint64_t now_boot_ns)
{
	return news && news->last_ns && now_boot_ns < news->last_ns + FRESH_NS;
}

void news_free(struct news *news)
{
	if (!news)
		return;
	if (news->fd >= 0)
		close(news->fd);
	free(news);
}
