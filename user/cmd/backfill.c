/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/backfill.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cmd/input.h"
#include "cmd/unpack.h"
#include "core/logread.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/remedy.h"
#include "lib/loop.h"
#include "proc/kmsg.h"

/* For so long what happens live waits for the logs, so that it comes behind them. */
#define AHEAD_NS 1000000000ULL
/* A report that is being printed may pause so long, and is waited for as long as that in all. */
#define PAUSE_MS    1000
#define PRINTING_NS 5000000000ULL
/* By how much the log's clock may be read wrongly within a second. */
#define CLOCK_ERROR_NS 100000000ULL

/*
 * Readers that are slow are waited for as long as nothing else waits for that, and so long in all
 * while something live does.
 */
#define READERS_NS     10000000000ULL
#define LOOK_MS        10 /* at first, and twice as long each time, up to */
#define LOOK_SLOWLY_MS 250

struct work {
	const struct backfill *backfill;
	struct seen *logged; /* what need not be told again: of the kernel's log, and of files */
	struct logread *reader;
	bool from_kmsg;
	bool stopped;
	bool begun; /* something of the log has come */
	uint64_t began_ns;
	uint64_t waited_ns; /* for readers, while something live waited too */
	uint64_t given;
};

/* CLOCK_BOOTTIME of a stamp of this host's kernel log, or 0. */
static uint64_t boot_of(const struct work *work, uint64_t printk_ns)
{
	return printk_ns ? bootclock_of(&work->backfill->past->clock, printk_ns) : 0;
}

/* Whether a kill is told of elsewhere. */
static bool is_known(struct work *work, const struct seen_kill *kill)
{
	const struct backfill *backfill = work->backfill;

	if (!work->from_kmsg && seen_has(work->logged, kill))
		return true;
	/* Before the machine slept, or before anything was attached. */
	if (!kill->till_ns ? work->from_kmsg
			   : kill->till_ns + CLOCK_ERROR_NS < backfill->attaching_ns)
		return false;
	/* What the log has of it was written after the kernel side told of it, if it saw it. */
	backfill->catch_up(backfill->ctx, false);
	return seen_has(backfill->live, kill);
}

static bool is_ready(const struct pollfd *fd)
{
	return fd->revents != 0;
}

/* What was before can wait until it is taken; what is live cannot, and is taken meanwhile. */
static void await_readers(struct work *work)
{
	const struct backfill *backfill = work->backfill;

	for (int look_ms = LOOK_MS; work->waited_ns < READERS_NS && !work->stopped &&
				    !delivery_has_room(backfill->delivery);) {
		struct pollfd stop = {.fd = backfill->stop_fd, .events = POLLIN};
		bool is_awaited = backfill->catch_up(backfill->ctx, false);
		uint64_t began_ns = loop_now();

		work->stopped = poll(&stop, 1, look_ms) > 0 && is_ready(&stop);
		if (is_awaited)
			work->waited_ns += loop_now() - began_ns;
		look_ms = look_ms * 2 < LOOK_SLOWLY_MS ? look_ms * 2 : LOOK_SLOWLY_MS;
	}
}

static void take_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct work *work = ctx;
	struct seen_kill kill;

	seen_of_log(host, episode, boot_of(work, logread_killed_ns(work->reader)), &kill);
	if (!work->from_kmsg) /* for all that is known of it: by this host's clock, too */
		kill.from_ns = boot_of(work, kill.from_ns);
	if (is_known(work, &kill))
		return;
	if (!work->from_kmsg)
		seen_add(work->logged, &kill);
	work->given++;
	await_readers(work);
	delivery_past_ops.episode(work->backfill->delivery, host, episode);
}

static void take_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct work *work = ctx;

	const struct past *past = work->backfill->past;
	uint64_t boot_ns = episode->boot_ns;

	if (!work->from_kmsg && boot_ns)
		boot_ns = boot_of(work, boot_ns);
	else if (!boot_ns && episode->real_ns > past->clock.real_minus_boot_ns)
		boot_ns = (uint64_t)(episode->real_ns - past->clock.real_minus_boot_ns);
	/* Nothing but the moment tells it from others: what kernel log or tracer have is theirs. */
	if (boot_ns + CLOCK_ERROR_NS >= work->backfill->attaching_ns ||
	    (!work->from_kmsg && past->begun && boot_ns >= past->first_ns))
		return;
	await_readers(work);
	delivery_past_ops.no_kill(work->backfill->delivery, host, episode);
}

static void take_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct work *work = ctx;

	await_readers(work);
	delivery_past_ops.outcome(work->backfill->delivery, host, outcome);
}

static const struct assembler_ops ops = {
	.episode = take_episode,
	.no_kill = take_no_kill,
	.outcome = take_outcome,
};

static int open_reader(struct work *work)
{
	const struct backfill *backfill = work->backfill;
	struct logread_config config = {
		.ops = &ops,
		.ctx = work,
		.source = work->from_kmsg ? "kmsg" : "log",
		.max_candidates = IMPORT_CANDIDATES,
	};

	if (work->from_kmsg) {
		config.host = backfill->host;
		config.bootclock = &backfill->past->clock;
	}
	work->reader = logread_new(&config);
	return work->reader ? 0 : -ENOMEM;
}

/*
 * Waits until @fd can be read. What happens live meanwhile is taken, so that no room for it is
 * lost. Returns false when this is to end, or nobody wants more.
 */
static bool await(struct work *work, int fd)
{
	const struct backfill *backfill = work->backfill;

	for (;;) {
		uint64_t ahead = work->began_ns + AHEAD_NS, now = loop_now();
		bool waits = now < ahead;
		struct pollfd fds[] = {
			{.fd = fd, .events = POLLIN},
			{.fd = backfill->stop_fd, .events = POLLIN},
			{.fd = waits ? -1 : backfill->ring_fd, .events = POLLIN},
		};
		int n = poll(fds, 3, waits ? (int)((ahead - now) / 1000000) + 1 : -1);

		if (n < 0 && errno != EINTR)
			return true; /* reading will say why */
		if (n <= 0)
			continue;
		if (is_ready(&fds[1]) || delivery_deserted(backfill->delivery))
			return false;
		if (is_ready(&fds[2]))
			backfill->catch_up(backfill->ctx, true);
		if (is_ready(&fds[0]))
			return true;
	}
}

/* Reads @fd to its end. Returns 0 or a negative errno. */
static int read_log(struct work *work, int fd)
{
	while (await(work, fd)) {
		size_t room;
		char *to = logread_room(work->reader, &room);
		ssize_t n = read(fd, to, room);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return 0;
		if (n > 0)
			logread_took(work->reader, (size_t)n);
	}
	work->stopped = true;
	return 0;
}

static int give_file(struct work *work, const char *file)
{
	bool from_stdin = strcmp(file, "-") == 0;
	const char *name = from_stdin ? "stdin" : file;
	int fd = from_stdin ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);
	char head[UNPACK_MAGIC];
	struct unpack unpack;
	size_t len;
	int error;

	if (fd < 0) {
		error = -errno;
		log_error("cannot read %s: %s%s", name, strerror(-error), remedy_of_read(-error));
		return error;
	}
	error = unpack_open(fd, name, head, &len, &unpack);
	if (error)
		return error;
	past_feed(work->reader, head, len);
	error = read_log(work, unpack.fd);
	if (error)
		log_error("cannot read %s: %s%s", name, strerror(-error), remedy_of_read(-error));
	if (!work->stopped)
		logread_end(work->reader);
	return unpack_close(&unpack, name) || error ? -EIO : 0;
}

static void take_line(void *ctx, const char *line, size_t len)
{
	struct work *work = ctx;

	work->begun = true;
	past_feed(work->reader, line, len);
	past_feed(work->reader, "\n", 1);
}

static void take_missed(void *ctx, uint64_t messages)
{
	struct work *work = ctx;

	/* A full log loses its oldest message with each new one: also while this one began. */
	if (work->begun)
		log_warn("%lu messages of the kernel log were overwritten before they were read",
			 (unsigned long)messages);
	else
		log_detail("the kernel log has lost its oldest %lu messages meanwhile",
			   (unsigned long)messages);
	logread_missed(work->reader, messages);
}

/*
 * Reads the kernel's log up to now. A report that is just being printed would be told of twice, as
 * it is and when it is seen live: it is waited for.
 */
static int read_kmsg(struct work *work, int fd)
{
	struct kmsg_place place = {.begun = true, .next = work->backfill->past->first};
	uint64_t until = loop_now() + PRINTING_NS;
	int n;

	do {
		struct pollfd fds[] = {
			{.fd = fd, .events = POLLIN},
			{.fd = work->backfill->stop_fd, .events = POLLIN},
		};

		n = kmsg_drain(fd, &place, take_line, take_missed, work);
		if (n < 0)
			return n;
		if (!logread_is_open(work->reader))
			break;
		n = poll(fds, 2, PAUSE_MS);
		work->stopped = n > 0 && is_ready(&fds[1]);
	} while (n > 0 && !work->stopped && loop_now() < until);
	if (!work->stopped)
		logread_end(work->reader);
	return 0;
}

static int give_kmsg(struct work *work)
{
	scope_close int fd = kmsg_open_oldest();
	int error = fd < 0 ? fd : read_kmsg(work, fd);

	if (error)
		log_error("cannot read the kernel log: %s", strerror(-error));
	return error;
}

static int give_files(struct work *work, const char *const *files, unsigned int n)
{
	int error = n ? open_reader(work) : 0;

	if (error)
		log_error("not enough memory to read logs");
	for (unsigned int i = 0; i < n && work->reader && !work->stopped; i++) {
		uint64_t given = work->given;
		int one = give_file(work, files[i]);

		if (!one && work->given == given && !work->stopped)
			log_note("%s tells of no OOM kill that is new", files[i]);
		error = error ? error : one;
	}
	logread_free(work->reader);
	work->reader = NULL;
	return error;
}

bool backfill_can_read(const char *const *files, unsigned int n)
{
	bool all = true;

	for (unsigned int i = 0; i < n; i++) {
		if (strcmp(files[i], "-") == 0 || access(files[i], R_OK) == 0)
			continue;
		log_error("cannot read %s: %s%s", files[i], strerror(errno), remedy_of_read(errno));
		all = false;
	}
	return all;
}

int backfill_run(const struct backfill *backfill, const char *const *files, unsigned int n)
{
	struct work work = {
		.backfill = backfill,
		.logged = backfill->logged,
		.began_ns = loop_now(),
	};
	int error = give_files(&work, files, n), kmsg = 0;

	if (!work.stopped) {
		work.from_kmsg = true;
		kmsg = open_reader(&work);
		if (kmsg)
			log_error("not enough memory to read the kernel log");
		else
			kmsg = give_kmsg(&work);
		logread_free(work.reader);
	}
	if (work.stopped && !delivery_deserted(backfill->delivery))
		log_note("ended before the logs had been read: what they tell of kills before was "
			 "not all given");
	log_detail("%lu kills were told of by logs", (unsigned long)work.given);
	return error ? error : kmsg;
}
