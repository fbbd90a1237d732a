/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ULL

enum source_kind { SOURCE_FD, SOURCE_SIGNALS, SOURCE_TIMER };

struct source {
	enum source_kind kind;
	int fd;
	void *ctx;
	uint64_t deadline; /* of a timer; 0: disarmed */
	union {
		loop_fd_fn on_fd;
		loop_signal_fn on_signal;
		loop_timer_fn on_timer;
	};
};

struct loop {
	int epoll_fd;
	bool ended;
	int result;
	bool signals_blocked;
	sigset_t old_mask;
	int n_sources;
	struct source sources[LOOP_SOURCES];
};

uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int loop_new(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		int error = -errno;

		free(loop);
		return error;
	}
	*ret_loop = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (int i = 0; i < loop->n_sources; i++) {
		const struct source *source = &loop->sources[i];
		struct signalfd_siginfo info;

		/* A signal that has ended the loop must not end the process as well. */
		while (source->kind == SOURCE_SIGNALS &&
		       read(source->fd, &info, sizeof(info)) == sizeof(info))
			;
		if (source->kind != SOURCE_FD)
			close(source->fd);
	}
	if (loop->signals_blocked)
		sigprocmask(SIG_SETMASK, &loop->old_mask, NULL);
	close(loop->epoll_fd);
	free(loop);
}

/* Returns the index of the new source, or a negative errno. */
static int add_source(struct loop *loop, const struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events};
	int index = loop->n_sources;

	if (index == LOOP_SOURCES)
		return -ENOSPC;
	event.data.u32 = (uint32_t)index;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event))
		return -errno;
	loop->sources[index] = *source;
	loop->n_sources++;
	return index;
}

int loop_add_fd(struct loop *loop, int fd, loop_fd_fn fn, void *ctx)
{
	struct source source = {.kind = SOURCE_FD, .fd = fd, .ctx = ctx, .on_fd = fn};
	int index = add_source(loop, &source, EPOLLIN);

	return index < 0 ? index : 0;
}

int loop_add_change(struct loop *loop, int fd, loop_fd_fn fn, void *ctx)
{
	struct source source = {.kind = SOURCE_FD, .fd = fd, .ctx = ctx, .on_fd = fn};
	int index = add_source(loop, &source, EPOLLPRI);

	return index < 0 ? index : 0;
}

int loop_add_signals(struct loop *loop, const sigset_t *set, loop_signal_fn fn, void *ctx)
{
	struct source source = {.kind = SOURCE_SIGNALS, .ctx = ctx, .on_signal = fn};
	sigset_t old_mask;
	int index;

	if (sigprocmask(SIG_BLOCK, set, &old_mask))
		return -errno;
	source.fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	index = source.fd < 0 ? -errno : add_source(loop, &source, EPOLLIN);
	if (index < 0) {
		if (source.fd >= 0)
			close(source.fd);
		sigprocmask(SIG_SETMASK, &old_mask, NULL);
		return index;
	}
	if (!loop->signals_blocked)
		loop->old_mask = old_mask;
	loop->signals_blocked = true;
	return 0;
}

int loop_signal_fd(const struct loop *loop)
{
	for (int i = 0; i < loop->n_sources; i++)
		if (loop->sources[i].kind == SOURCE_SIGNALS)
			return loop->sources[i].fd;
	return -1;
}

int loop_add_timer(struct loop *loop, loop_timer_fn fn, void *ctx)
{
	struct source source = {.kind = SOURCE_TIMER, .ctx = ctx, .on_timer = fn};
	int index;

	source.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (source.fd < 0)
		return -errno;
	index = add_source(loop, &source, EPOLLIN);
	if (index < 0)
		close(source.fd);
	return index;
}

int loop_set_timer(struct loop *loop, int timer, uint64_t deadline_boot_ns)
{
	struct itimerspec when = {0};
	struct source *source;

	if (timer < 0 || timer >= loop->n_sources || loop->sources[timer].kind != SOURCE_TIMER)
		return -EINVAL;
	source = &loop->sources[timer];
	if (source->deadline == deadline_boot_ns)
		return 0;
	when.it_value.tv_sec = (time_t)(deadline_boot_ns / NS_PER_S);
	when.it_value.tv_nsec = (long)(deadline_boot_ns % NS_PER_S);
	if (timerfd_settime(source->fd, TFD_TIMER_ABSTIME, &when, NULL))
		return -errno;
	source->deadline = deadline_boot_ns;
	return 0;
}

void loop_end(struct loop *loop, int result)
{
	loop->ended = true;
	loop->result = result;
}

static void serve_signals(struct loop *loop, struct source *source)
{
	struct signalfd_siginfo info;

	while (!loop->ended && read(source->fd, &info, sizeof(info)) == sizeof(info))
		source->on_signal(source->ctx, (int)info.ssi_signo);
}

static void serve_timer(struct source *source)
{
	uint64_t expirations;

	/* Set anew by an earlier handler of the same round: nothing has expired. */
	if (read(source->fd, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	source->deadline = 0;
	source->on_timer(source->ctx, loop_now());
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[LOOP_SOURCES];

	while (!loop->ended) {
		int n = epoll_wait(loop->epoll_fd, events, LOOP_SOURCES, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n && !loop->ended; i++) {
			struct source *source = &loop->sources[events[i].data.u32];

			if (source->kind == SOURCE_FD)
				source->on_fd(source->ctx, source->fd);
			else if (source->kind == SOURCE_SIGNALS)
				serve_signals(loop, source);
			else
				serve_timer(source);
		}
	}
	return loop->result;
}
