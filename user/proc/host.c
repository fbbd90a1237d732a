/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "proc/file.h"
#include "proc/stat.h"

#define SMALL_BYTES 4096
#define NS_PER_S    1000000000ULL
#define HOST_PID_NS 0xeffffffcU /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

/* A number that is none below 0. */
static bool read_digits(const char *at, const char *end, uint64_t *ret_value)
{
	int64_t value;

	if (!stat_digits(at, end, &value) || value < 0)
		return false;
	*ret_value = (uint64_t)value;
	return true;
}

int find_number(const char *text, size_t len, const char *key, uint64_t *ret_value)
{
	const char *end = text + len, *line = text;
	size_t key_len = strlen(key);

	while (line < end) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));

		if (!eol)
			eol = end;
		if ((size_t)(eol - line) > key_len && memcmp(line, key, key_len) == 0 &&
		    line[key_len] == ' ') {
			const char *at = line + key_len;

			while (at < eol && *at == ' ')
				at++;
			return read_digits(at, eol, ret_value) ? 0 : -ENOENT;
		}
		line = eol + 1;
	}
	return -ENOENT;
}

int loadavg_threads(const char *text, size_t len, uint64_t *ret_threads)
{
	const char *slash = memchr(text, '/', len);

	if (!slash || !read_digits(slash + 1, text + len, ret_threads))
		return -EBADMSG;
	return 0;
}

int lockdown_level(const char *text, size_t len, char *ret_level, size_t size)
{
	const char *open = memchr(text, '[', len);
	const char *close = open ? memchr(open, ']', len - (size_t)(open - text)) : NULL;

	if (!close || (size_t)(close - open - 1) >= size)
		return -EBADMSG;
	snprintf(ret_level, size, "%.*s", (int)(close - open - 1), open + 1);
	return 0;
}

/* In pieces of whole lines: it is read while kills are told, when nothing is allocated. */
uint64_t host_oom_kills(void)
{
	scope_close int fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	char text[SMALL_BYTES];
	size_t len = 0;

	while (fd >= 0) {
		ssize_t n = read(fd, text + len, sizeof(text) - len);
		const char *newline;
		size_t whole;
		uint64_t kills;

		if (n <= 0)
			break;
		len += (size_t)n;
		newline = memrchr(text, '\n', len);
		if (!newline)
			break;
		whole = (size_t)(newline + 1 - text);
		if (!find_number(text, whole, "oom_kill", &kills))
			return kills;
		len -= whole;
		memmove(text, text + whole, len);
	}
	return WIRE_NONE_U64;
}

/* A line of /proc/meminfo in bytes, or WIRE_NONE_U64. */
static uint64_t read_meminfo(const char *key)
{
	char text[SMALL_BYTES];
	ssize_t len = file_read("/proc/meminfo", text, sizeof(text));
	uint64_t kib;

	if (len < 0 || find_number(text, (size_t)len, key, &kib))
		return WIRE_NONE_U64;
	return kib * 1024;
}

uint64_t host_swap_total(void)
{
	return read_meminfo("SwapTotal:");
}

int host_watch_swap(void)
{
	int fd = open("/proc/swaps", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Copies as much of @from as fits. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

int host_watch_name(void)
{
	int fd = open("/proc/sys/kernel/hostname", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

void host_name(char ret_name[WIRE_TEXT_LEN])
{
	struct utsname names;

	if (uname(&names) == 0)
		copy_text(ret_name, WIRE_TEXT_LEN, names.nodename);
}

static void read_load(struct host_facts *facts)
{
	char text[SMALL_BYTES];
	ssize_t len = file_read("/proc/sys/vm/swappiness", text, sizeof(text));

	if (len < 0 || !read_digits(text, text + len, &facts->vm_swappiness))
		facts->vm_swappiness = WIRE_NONE_U64;
	len = file_read("/proc/loadavg", text, sizeof(text));
	if (len < 0 || loadavg_threads(text, (size_t)len, &facts->threads))
		facts->threads = WIRE_NONE_U64;
}

static uint64_t read_exec_ns(void)
{
	char text[SMALL_BYTES];
	ssize_t len = file_read("/proc/self/stat", text, sizeof(text));
	long hz = sysconf(_SC_CLK_TCK);
	int64_t ticks;

	if (len < 0 || hz <= 0 || stat_number(text, (size_t)len, STAT_START, &ticks))
		return WIRE_NONE_U64;
	return (uint64_t)ticks * (NS_PER_S / (uint64_t)hz);
}

/* The first pid namespace has a number of its own; where /proc does not tell, it is that one. */
static bool has_own_pids(void)
{
	struct stat ns;

	return stat("/proc/self/ns/pid", &ns) == 0 && ns.st_ino != HOST_PID_NS;
}

void host_read(struct host_facts *ret_facts)
{
	struct host_facts facts = {0};
	char text[SMALL_BYTES];
	struct utsname names;
	ssize_t len;

	if (uname(&names) == 0) {
		copy_text(facts.host, sizeof(facts.host), names.nodename);
		copy_text(facts.kernel, sizeof(facts.kernel), names.release);
		copy_text(facts.arch, sizeof(facts.arch), names.machine);
	}
	if (file_read("/proc/sys/kernel/random/boot_id", text, sizeof(text)) > 0) {
		text[strcspn(text, "\n")] = '\0';
		copy_text(facts.boot_id, sizeof(facts.boot_id), text);
	}
	len = file_read("/sys/kernel/security/lockdown", text, sizeof(text));
	if (len < 0 || lockdown_level(text, (size_t)len, facts.lockdown, sizeof(facts.lockdown)))
		facts.lockdown[0] = '\0';
	facts.page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	facts.mem_total_bytes = read_meminfo("MemTotal:");
	facts.swap_total_bytes = host_swap_total();
	read_load(&facts);
	facts.oom_kills = host_oom_kills();
	facts.exec_ns = read_exec_ns();
	facts.own_pids = has_own_pids();
	*ret_facts = facts;
}
