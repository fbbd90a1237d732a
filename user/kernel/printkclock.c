/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kernel/printkclock.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define COMM_LEN 16 /* TASK_COMM_LEN */

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/*
 * Lets the kernel write one record into @page's ring, and reads the time in it.
 *
 * Fact:  kernel/printk/printk.c takes its stamps from local_clock(), and so does perf where no
 * clockid is asked for (perf_event_alloc(), kernel/events/core.c). With sample_id_all the time of
 * PERF_SAMPLE_TIME, asked for alone, ends each record. So:    giving this thread the name that it
 * has makes a PERF_RECORD_COMM with that clock.
 */
static int read_stamp(const struct perf_event_mmap_page *page, size_t page_size,
		      struct printkclock *clock)
{
	const char *records = (const char *)page + page_size;
	struct perf_event_header head;
	uint64_t before, after;
	char name[COMM_LEN];

	if (prctl(PR_GET_NAME, name))
		return -errno;
	before = now(CLOCK_BOOTTIME);
	if (prctl(PR_SET_NAME, name))
		return -errno;
	after = now(CLOCK_BOOTTIME);
	if (__atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE) < sizeof(head))
		return -ENODATA;
	memcpy(&head, records, sizeof(head));
	if (head.type != PERF_RECORD_COMM || head.size < sizeof(head) + sizeof(uint64_t) ||
	    head.size > page_size)
		return -ENODATA;
	memcpy(&clock->printk_ns, records + head.size - sizeof(uint64_t), sizeof(uint64_t));
	clock->boot_ns = before + (after - before) / 2;
	return 0;
}

static int read_perf(struct printkclock *clock)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.comm = 1,
		.exclude_kernel = 1,
	};
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	scope_close int fd =
		(int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	void *ring;
	int error;

	if (fd < 0)
		return -errno;
	ring = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		return -errno;
	error = read_stamp(ring, page_size, clock);
	munmap(ring, 2 * page_size);
	return error;
}

void printkclock_guess(struct printkclock *ret_clock)
{
	uint64_t monotonic = now(CLOCK_MONOTONIC), boot = now(CLOCK_BOOTTIME);

	*ret_clock = (struct printkclock){
		.printk_ns = monotonic,
		.boot_ns = boot,
		.suspended_ns = boot - monotonic,
	};
}

int printkclock_read(struct printkclock *ret_clock)
{
	struct printkclock clock;
	int error;

	printkclock_guess(&clock);
	error = read_perf(&clock);
	if (error)
		printkclock_guess(&clock);
	*ret_clock = clock;
	return error;
}
