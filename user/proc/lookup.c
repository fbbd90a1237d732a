/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/lookup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/thread.h"
#include "proc/stat.h"

#define STACK_BYTES  THREAD_STACK_MIN /* far more than is used: buffers are in struct lookup */
#define STAT_BYTES   2048
#define NAMES_BYTES  (32 * 1024) /* of a node's 110 pods, all in one reading */
#define NAMES_READS  64          /* readings of one directory, whatever fills it */
#define NS_PER_S     1000000000ULL
#define NS_PER_MS    1000000L
#define PAGE_SWAPPED (1ULL << 62) /* Documentation/admin-guide/mm/pagemap.rst */

/*
 * One ring for both ways: a slot holds the question, then its answer. The loop
 * alone moves asked and taken, the thread alone answered.
 */
struct slot {
	struct lookup_question question;
	struct wire_detail detail;
};

struct lookup {
	struct lookup_roots roots;
	int proc_fd;
	int ask_fd, answer_fd; /* eventfds: to the thread, to the loop */
	pthread_t thread;
	uint64_t tick_ns; /* the unit of start times in /proc */
	uint64_t page_size;
	_Atomic bool ended;
	/* Set by whichever of thread and owner is done with all this first; the other releases it.
	 */
	_Atomic bool left;
	_Atomic uint32_t asked, answered;
	uint32_t taken;
	struct slot slots[LOOKUP_QUEUE];
	/* The thread's own, here to spare its stack. */
	char stat[STAT_BYTES];
	char cmdline[WIRE_CMDLINE_LEN + 1];
	char names[NAMES_BYTES] __attribute__((aligned(8)));
};

/* One read() of @name in @dir: a second one of /proc/PID/cmdline would take its memory again. */
static ssize_t read_once(int dir, const char *name, char *ret_bytes, size_t size)
{
	scope_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret_bytes, size);

	return n < 0 ? -errno : n;
}

static bool page_swapped(int pagemap, uint64_t page)
{
	uint64_t entry = 0;
	ssize_t n = pread(pagemap, &entry, sizeof(entry), (off_t)(page * sizeof(entry)));

	return n == sizeof(entry) && (entry & PAGE_SWAPPED);
}

/*
 * Whether the kernel can read the arguments without fetching them from swap. To fetch them would
 * charge the memcg that has run out, and wait for memory while holding on to that of the victim,
 * which is what would free it.
 *
 * Fact: get_mm_cmdline(), fs/proc/base.c, looks at the last byte of the arguments first, and
 * where a program has overwritten it, at a whole page's worth from the first byte on.
 */
static bool arguments_are_resident(const struct lookup *lookup, int dir, uint64_t start,
				   uint64_t end)
{
	scope_close int pagemap = openat(dir, "pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t first = start / lookup->page_size;

	if (pagemap < 0 || !start || end <= start)
		return false;
	return !page_swapped(pagemap, first) && !page_swapped(pagemap, first + 1) &&
	       !page_swapped(pagemap, (end - 1) / lookup->page_size);
}

/* The directory stays one process's, whoever has its pid by now. */
static void look_up_cmdline(struct lookup *lookup, const struct lookup_question *question,
			    struct wire_detail *detail)
{
	char name[16];
	int64_t ticks, start, end;
	ssize_t len;

	snprintf(name, sizeof(name), "%u", question->pid);
	scope_close int dir = openat(lookup->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	len = dir < 0 ? dir : read_once(dir, "stat", lookup->stat, sizeof(lookup->stat));
	/* Ticks are whole: nsec_to_clock_t() cuts them off. */
	if (len <= 0 || stat_number(lookup->stat, (size_t)len, STAT_START, &ticks) ||
	    (uint64_t)ticks != question->start_ns / lookup->tick_ns ||
	    stat_number(lookup->stat, (size_t)len, STAT_ARG_START, &start) ||
	    stat_number(lookup->stat, (size_t)len, STAT_ARG_END, &end) ||
	    !arguments_are_resident(lookup, dir, (uint64_t)start, (uint64_t)end))
		return;
	len = read_once(dir, "cmdline", lookup->cmdline, sizeof(lookup->cmdline));
	if (len <= 0)
		return;
	detail->cmdline_cut = len > WIRE_CMDLINE_LEN;
	detail->cmdline_len = detail->cmdline_cut ? WIRE_CMDLINE_LEN : (uint32_t)len;
	memcpy(detail->cmdline, lookup->cmdline, detail->cmdline_len);
}

/* Whether @text is what Kubernetes lets a namespace or pod be called. */
static bool is_dns_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
	}
	return len > 0 && len < WIRE_POD_LEN;
}

/* Takes NAMESPACE_POD_UID apart; neither of the first two can hold a "_". */
static bool read_pod_name(const char *name, const char *uid, struct wire_detail *detail)
{
	size_t len = strlen(name), uid_len = strlen(uid), namespace_len = strcspn(name, "_"), rest;
	const char *pod = name + namespace_len + 1;

	if (len < namespace_len + uid_len + 3 || strcmp(name + len - uid_len, uid) != 0 ||
	    name[len - uid_len - 1] != '_')
		return false;
	rest = len - uid_len - 1 - (namespace_len + 1);
	if (!is_dns_name(name, namespace_len) || !is_dns_name(pod, rest))
		return false;
	memcpy(detail->pod_namespace, name, namespace_len);
	memcpy(detail->pod, pod, rest);
	return true;
}

/*
 * The directory is read anew for each victim in a pod: that takes a tenth of a
 * millisecond, and a table kept beside it would be one more thing to be stale.
 */
static void look_up_pod(struct lookup *lookup, const char *uid, struct wire_detail *detail)
{
	scope_close int dir = open(lookup->roots.pods, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; dir >= 0 && i < NAMES_READS; i++) {
		ssize_t n = getdents64(dir, lookup->names, sizeof(lookup->names));

		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *entry = (const void *)(lookup->names + at);

			if (read_pod_name(entry->d_name, uid, detail))
				return;
			at += entry->d_reclen;
		}
		if (n <= 0)
			return;
	}
}

static void answer(struct lookup *lookup, struct slot *slot)
{
	struct wire_detail *detail = &slot->detail;

	memset(detail, 0, sizeof(*detail));
	detail->head.boot_ns = slot->question.boot_ns;
	detail->pid = slot->question.pid;
	detail->start_ns = slot->question.start_ns;
	if (slot->question.cmdline)
		look_up_cmdline(lookup, &slot->question, detail);
	if (*slot->question.pod_uid)
		look_up_pod(lookup, slot->question.pod_uid, detail);
}

static void release(struct lookup *lookup)
{
	int fds[] = {lookup->proc_fd, lookup->ask_fd, lookup->answer_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(lookup);
}

static void *run(void *argument)
{
	struct lookup *lookup = argument;

	for (;;) {
		eventfd_t count;
		uint32_t next = atomic_load(&lookup->answered);

		if (atomic_load(&lookup->ended)) {
			if (atomic_exchange(&lookup->left, true))
				release(lookup);
			return NULL;
		}
		if (next == atomic_load(&lookup->asked)) {
			eventfd_read(lookup->ask_fd, &count);
			continue;
		}
		answer(lookup, &lookup->slots[next % LOOKUP_QUEUE]);
		atomic_store(&lookup->answered, next + 1);
		eventfd_write(lookup->answer_fd, 1);
	}
}

int lookup_new(const struct lookup_roots *roots, struct lookup **ret_lookup)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	long hz = sysconf(_SC_CLK_TCK);
	int error;

	if (!lookup || hz <= 0) {
		free(lookup);
		return -ENOMEM;
	}
	lookup->roots = *roots;
	lookup->tick_ns = NS_PER_S / (uint64_t)hz;
	lookup->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	lookup->proc_fd = open(roots->proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	lookup->ask_fd = eventfd(0, EFD_CLOEXEC);
	lookup->answer_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = lookup->proc_fd < 0 || lookup->ask_fd < 0 || lookup->answer_fd < 0
			? -errno
			: thread_start(THREAD_LOOKUP, STACK_BYTES, run, lookup, &lookup->thread);
	if (error) {
		release(lookup);
		return error;
	}
	*ret_lookup = lookup;
	return 0;
}

void lookup_free(struct lookup *lookup)
{
	pthread_t thread;
	struct timespec until;

	if (!lookup)
		return;
	thread = lookup->thread;
	atomic_store(&lookup->ended, true);
	eventfd_write(lookup->ask_fd, 1);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOKUP_END_MS * NS_PER_MS;
	if (until.tv_nsec >= (long)NS_PER_S) {
		until.tv_nsec -= (long)NS_PER_S;
		until.tv_sec++;
	}
	/* A thread that hangs in a read is left behind, with what it still uses. */
	if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) != 0)
		pthread_detach(thread);
	if (atomic_exchange(&lookup->left, true))
		release(lookup);
}

int lookup_fd(const struct lookup *lookup)
{
	return lookup->answer_fd;
}

bool lookup_ask(struct lookup *lookup, const struct lookup_question *question)
{
	uint32_t next = atomic_load(&lookup->asked);

	if (next - lookup->taken == LOOKUP_QUEUE)
		return false;
	lookup->slots[next % LOOKUP_QUEUE].question = *question;
	atomic_store(&lookup->asked, next + 1);
	eventfd_write(lookup->ask_fd, 1);
	return true;
}

bool lookup_take(struct lookup *lookup, struct wire_detail *ret_detail)
{
	eventfd_t count;

	/* Silenced first: an answer that comes after the look below makes it readable again. */
	if (lookup->taken == atomic_load(&lookup->answered)) {
		eventfd_read(lookup->answer_fd, &count);
		if (lookup->taken == atomic_load(&lookup->answered))
			return false;
	}
	*ret_detail = lookup->slots[lookup->taken++ % LOOKUP_QUEUE].detail;
	return true;
}

uint32_t lookup_pending(const struct lookup *lookup)
{
	return atomic_load(&lookup->asked) - lookup->taken;
}
