/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/parse.h"
#include "proc/file.h"
#include "proc/stat.h"

#define STAT_BYTES   2048
#define STATUS_BYTES 8192
#define NS_PER_S     1000000000ULL
#define PF_KTHREAD   0x00200000 /* include/linux/sched.h, the same bit since 2.6.30 */

/* ---- the parsers ---- */

int process_parse_stat(const char *text, size_t len, struct process_stat *ret_stat)
{
	static const enum stat_field fields[] = {STAT_PPID,  STAT_FLAGS, STAT_UTIME,
						 STAT_STIME, STAT_NICE,  STAT_THREADS,
						 STAT_START, STAT_VSIZE, STAT_RSS};
	int64_t values[STAT_RSS + 1] = {0};
	struct process_stat stat = {0};
	const char *name;
	size_t name_len;
	int error = stat_name(text, len, &name, &name_len, &stat.state);

	for (size_t i = 0; !error && i < sizeof(fields) / sizeof(fields[0]); i++)
		error = stat_number(text, len, fields[i], &values[fields[i]]);
	if (error)
		return error;
	memcpy(stat.comm, name, name_len < WIRE_COMM_LEN ? name_len : WIRE_COMM_LEN);
	stat.ppid = (uint32_t)values[STAT_PPID];
	stat.flags = (uint32_t)values[STAT_FLAGS];
	stat.cpu_ticks = (uint64_t)values[STAT_UTIME] + (uint64_t)values[STAT_STIME];
	stat.nice = (int)values[STAT_NICE];
	stat.threads = (uint32_t)values[STAT_THREADS];
	stat.start_ticks = (uint64_t)values[STAT_START];
	stat.vsize_bytes = (uint64_t)values[STAT_VSIZE];
	stat.rss_pages = values[STAT_RSS] > 0 ? (uint64_t)values[STAT_RSS] : 0;
	*ret_stat = stat;
	return 0;
}

/* The rest of the line that begins with @key, or NULL. */
static const char *status_line(const char *text, const char *end, const char *key,
			       const char **ret_eol)
{
	size_t key_len = strlen(key);

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		if (!eol)
			eol = end;
		if ((size_t)(eol - text) >= key_len && !memcmp(text, key, key_len)) {
			*ret_eol = eol;
			return text + key_len;
		}
		text = eol + 1;
	}
	return NULL;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* "VmPTE:	      44 kB" in bytes. */
static bool status_kib(const char *text, const char *end, const char *key, uint64_t *ret_bytes)
{
	const char *eol, *at = status_line(text, end, key, &eol);
	int64_t kib;

	if (!at || !stat_digits(skip_blanks(at, eol), eol, &kib) || kib < 0)
		return false;
	*ret_bytes = (uint64_t)kib * 1024;
	return true;
}

/* The number in column @column of a line, from 0; the last one for a column below 0. */
static bool status_column(const char *text, const char *end, const char *key, int column,
			  uint32_t *ret_value)
{
	const char *eol, *at = status_line(text, end, key, &eol);
	bool found = false;
	int64_t value;

	for (int i = 0; at && (column < 0 || i <= column); i++) {
		at = skip_blanks(at, eol);
		if (!stat_digits(at, eol, &value))
			break;
		found = column < 0 || i == column;
		*ret_value = (uint32_t)value;
		while (at < eol && *at != ' ' && *at != '\t')
			at++;
	}
	return found;
}

static uint64_t status_caps(const char *text, const char *end)
{
	const char *eol, *at = status_line(text, end, "CapEff:", &eol);
	uint64_t caps = 0;

	for (at = at ? skip_blanks(at, eol) : eol; at < eol; at++) {
		const char *digits = "0123456789abcdef", *digit = strchr(digits, *at);

		if (!digit || !*digit)
			return 0;
		caps = caps << 4 | (uint64_t)(digit - digits);
	}
	return caps;
}

int process_parse_status(const char *text, size_t len, struct process_status *ret_status)
{
	const char *end = text + len;
	struct process_status status = {0};

	if (!status_column(text, end, "Uid:", 0, &status.uid) ||
	    !status_column(text, end, "Uid:", 1, &status.euid))
		return -EBADMSG;
	status_column(text, end, "NSpid:", -1, &status.ns_pid);
	status.cap_effective = memmem(text, len, "CapEff:", 7) ? status_caps(text, end) : 0;
	/* Without an mm none of these lines is there. */
	status.has_memory = status_kib(text, end, "RssAnon:", &status.rss_anon_bytes) &&
			    status_kib(text, end, "RssFile:", &status.rss_file_bytes) &&
			    status_kib(text, end, "RssShmem:", &status.rss_shmem_bytes) &&
			    status_kib(text, end, "VmPTE:", &status.pgtables_bytes);
	if (!status_kib(text, end, "VmSwap:", &status.swap_bytes))
		status.swap_bytes = 0; /* a kernel without swap has no such line */
	*ret_status = status;
	return 0;
}

/* Whether @list, comma-separated, up to @end, holds "memory". */
static bool names_memory(const char *list, const char *end)
{
	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));

		if (!comma)
			comma = end;
		if (comma - list == 6 && !memcmp(list, "memory", 6))
			return true;
		list = comma + 1;
	}
	return false;
}

int process_parse_cgroup(const char *text, size_t len, const char **ret_path, size_t *ret_len)
{
	const char *end = text + len;
	int error = -ENOENT;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text)), *first, *second;

		if (!eol)
			eol = end;
		first = memchr(text, ':', (size_t)(eol - text));
		second = first ? memchr(first + 1, ':', (size_t)(eol - first - 1)) : NULL;
		if (second &&
		    (names_memory(first + 1, second) ||
		     (error && second == first + 1 && first == text + 1 && *text == '0'))) {
			*ret_path = second + 1;
			*ret_len = (size_t)(eol - second - 1);
			error = 0;
			if (second != first + 1)
				return 0;
		}
		text = eol + 1;
	}
	return error;
}

/* ---- the scan ---- */

struct scan {
	const char *proc;
	enum rss_reading reading;
	uint64_t page_size, ns_per_tick, now_ns;
	struct process process;
	char cgroup[PATH_MAX];
	struct process_unseen unseen;
};

/* Reads @proc/PID[/task/TID]/NAME. Returns how many bytes, or a negative errno. */
static ssize_t read_of(const struct scan *scan, uint32_t pid, uint32_t tid, const char *name,
		       char *ret_text, size_t size)
{
	char path[PATH_MAX];

	if (tid == pid)
		snprintf(path, sizeof(path), "%s/%" PRIu32 "/%s", scan->proc, pid, name);
	else
		snprintf(path, sizeof(path), "%s/%" PRIu32 "/task/%" PRIu32 "/%s", scan->proc, pid,
			 tid, name);
	return file_read(path, ret_text, size);
}

static int read_stat(const struct scan *scan, uint32_t pid, uint32_t tid,
		     struct process_stat *ret_stat)
{
	char text[STAT_BYTES];
	ssize_t len = read_of(scan, pid, tid, "stat", text, sizeof(text));

	return len < 0 ? (int)len : process_parse_stat(text, (size_t)len, ret_stat);
}

static int read_status(const struct scan *scan, uint32_t pid, uint32_t tid,
		       struct process_status *ret_status)
{
	char text[STATUS_BYTES];
	ssize_t len = read_of(scan, pid, tid, "status", text, sizeof(text));

	return len < 0 ? (int)len : process_parse_status(text, (size_t)len, ret_status);
}

/* As find_lock_task_mm(): where the leader has exited, the first thread that has the memory. */
static int read_with_memory(const struct scan *scan, uint32_t pid, struct process_stat *stat,
			    struct process_status *status, uint32_t *ret_tid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%" PRIu32 "/task", scan->proc, pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		struct process_stat thread;
		uint64_t tid;

		if (parse_number(entry->d_name, INT32_MAX, &tid) || tid == pid ||
		    read_status(scan, pid, (uint32_t)tid, status) || !status->has_memory ||
		    read_stat(scan, pid, (uint32_t)tid, &thread))
			continue;
		memcpy(stat->comm, thread.comm, sizeof(stat->comm));
		stat->rss_pages = thread.rss_pages;
		stat->vsize_bytes = thread.vsize_bytes;
		*ret_tid = (uint32_t)tid;
		break;
	}
	if (dir)
		closedir(dir);
	return status->has_memory ? 0 : -ENODATA;
}

static int read_adj(const struct scan *scan, uint32_t pid, int *ret_adj)
{
	char text[32];
	ssize_t len = read_of(scan, pid, pid, "oom_score_adj", text, sizeof(text));
	int64_t adj;

	if (len < 0)
		return (int)len;
	if (!stat_digits(text, text + len, &adj) || adj < -1000 || adj > 1000)
		return -EBADMSG;
	*ret_adj = (int)adj;
	return 0;
}

/* Where its memory is charged, if that is known. A leader that has exited shows the root (v1). */
static void read_cgroup(struct scan *scan, struct task *task)
{
	char text[STATUS_BYTES];
	ssize_t len = read_of(scan, task->pid, task->tid, "cgroup", text, sizeof(text));
	const char *path;
	size_t path_len;

	if (len < 0 || process_parse_cgroup(text, (size_t)len, &path, &path_len) ||
	    path_len >= sizeof(scan->cgroup))
		return;
	memcpy(scan->cgroup, path, path_len);
	scan->cgroup[path_len] = '\0';
	task->cgroup = scan->cgroup;
	task->known |= TASK_KNOWS_CGROUP;
}

static void fill_task(const struct scan *scan, const struct process_stat *stat,
		      const struct process_status *status, struct task *task)
{
	memcpy(task->comm, stat->comm, sizeof(task->comm));
	task->ppid = stat->ppid;
	task->uid = status->uid;
	task->euid = status->euid;
	task->ns_pid = status->ns_pid;
	task->cap_effective = status->cap_effective;
	task->threads = stat->threads;
	task->nice = stat->nice;
	task->start_ns = stat->start_ticks * scan->ns_per_tick;
	if (scan->now_ns > task->start_ns)
		task->age_ns = scan->now_ns - task->start_ns;
	task->cpu_ns = stat->cpu_ticks * scan->ns_per_tick;
	task->total_vm_bytes = stat->vsize_bytes;
	task->rss_anon_bytes = status->rss_anon_bytes;
	task->rss_file_bytes = status->rss_file_bytes;
	task->rss_shmem_bytes = status->rss_shmem_bytes;
	task->swap_bytes = status->swap_bytes;
	task->pgtables_bytes = status->pgtables_bytes;
	task->known |= TASK_KNOWS_MEMORY | TASK_KNOWS_CPU | TASK_KNOWS_IDENTITY;
	task->eligible = task->oom_score_adj > -1000;
	task->skip = task->eligible ? SKIP_NONE : SKIP_ADJ_MIN;
}

/* Returns 0, 1 with *@ret_skip when it is no candidate, or a negative errno. */
static int read_process(struct scan *scan, uint32_t pid, enum wire_skip *ret_skip)
{
	struct process *process = &scan->process;
	struct process_status status = {0};
	struct process_stat stat;
	uint32_t tid = pid;
	int error;

	memset(process, 0, sizeof(*process));
	if (pid == 1) {
		*ret_skip = SKIP_INIT;
		return 1;
	}
	error = read_stat(scan, pid, pid, &stat);
	if (!error && stat.flags & PF_KTHREAD) {
		*ret_skip = SKIP_KERNEL_THREAD;
		return 1;
	}
	if (!error)
		error = read_status(scan, pid, pid, &status);
	if (!error && !status.has_memory &&
	    (stat.threads < 2 || read_with_memory(scan, pid, &stat, &status, &tid))) {
		*ret_skip = SKIP_NO_MM;
		return 1;
	}
	if (!error)
		error = read_adj(scan, pid, &process->task.oom_score_adj);
	if (error)
		return error;
	process->task.pid = pid;
	process->task.tid = tid;
	fill_task(scan, &stat, &status, &process->task);
	read_cgroup(scan, &process->task);
	process->scored_rss_bytes =
		scan->reading == RSS_OF_STAT
			? stat.rss_pages * scan->page_size
			: status.rss_anon_bytes + status.rss_file_bytes + status.rss_shmem_bytes;
	return 0;
}

static void count_unseen(struct process_unseen *unseen, int error)
{
	if (error == -EACCES || error == -EPERM)
		unseen->denied++;
	else
		unseen->gone++;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * All numbers of processes in @proc. A pid is given again only after all others, so that but for
 * the wrap-around their order is that of starting, which is that of the kernel's task list.
 */
static int list_pids(const char *proc, uint32_t **ret_pids, size_t *ret_count)
{
	scope_free uint32_t *pids = NULL;
	size_t count = 0, size = 0;
	struct dirent *entry;
	DIR *dir = opendir(proc);

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		uint64_t pid;

		if (parse_number(entry->d_name, INT32_MAX, &pid) || !pid)
			continue;
		if (count == size) {
			uint32_t *more;

			size = size ? size * 2 : 1024;
			more = realloc(pids, size * sizeof(*pids));
			if (!more) {
				closedir(dir);
				return -ENOMEM;
			}
			pids = more;
		}
		pids[count++] = (uint32_t)pid;
	}
	closedir(dir);
	if (count)
		qsort(pids, count, sizeof(*pids), by_number);
	*ret_pids = pids;
	*ret_count = count;
	pids = NULL;
	return 0;
}

static uint64_t now_boot_ns(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_BOOTTIME, &now)
		       ? 0
		       : (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int process_scan(const char *proc, enum rss_reading reading, process_fn fn, void *ctx,
		 uint32_t passed_over[SKIP_MAX], struct process_unseen *ret_unseen)
{
	struct scan scan = {
		.proc = proc,
		.reading = reading,
		.page_size = (uint64_t)sysconf(_SC_PAGESIZE),
		.ns_per_tick = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK),
		.now_ns = now_boot_ns(),
	};
	scope_free uint32_t *pids = NULL;
	size_t count = 0;
	int error = list_pids(proc, &pids, &count);

	for (size_t i = 0; i < count && !error; i++) {
		enum wire_skip skip = SKIP_NONE;
		int status = read_process(&scan, pids[i], &skip);

		if (status > 0)
			passed_over[skip]++;
		else if (status < 0)
			count_unseen(&scan.unseen, status);
		scan.process.task.scan = (uint32_t)i;
		if (!status)
			error = fn(ctx, &scan.process);
	}
	if (!error)
		*ret_unseen = scan.unseen;
	return error;
}
