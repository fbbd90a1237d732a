/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/inquiry.h"
#include "proc/lookup.h"

#define UID         "8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab"
#define STATIC_UID  "0123456789abcdef0123456789abcdef"
#define START_TICKS 172728ULL
#define TICK_NS     (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK))
#define SWAPPED     (1ULL << 62)
#define PRESENT     (1ULL << 63)

/* A /proc with process 42 and a /var/log/pods, both empty otherwise. */
struct fake {
	char root[64], proc[80], pods[80];
	struct lookup_roots roots;
	struct lookup *lookup;
};

static uint64_t start_ns(void)
{
	return START_TICKS * TICK_NS + TICK_NS / 2;
}

static void put(const char *directory, const char *name, const void *bytes, size_t len)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Process 42, its arguments from the last bytes of page 1 to @end. */
static void put_process(const struct fake *fake, const char *cmdline, size_t len, uint64_t end)
{
	uint64_t pages[4] = {0, PRESENT, PRESENT, PRESENT};
	uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	char directory[128], stat[1024];
	int n;

	snprintf(directory, sizeof(directory), "%s/42", fake->proc);
	mkdir(directory, 0755);
	n = snprintf(stat, sizeof(stat), "42 (a) b (\n) S 1");
	for (int field = 5; field < 22; field++)
		n += snprintf(stat + n, sizeof(stat) - (size_t)n, " 0");
	n += snprintf(stat + n, sizeof(stat) - (size_t)n, " %llu", START_TICKS);
	for (int field = 23; field < 48; field++)
		n += snprintf(stat + n, sizeof(stat) - (size_t)n, " 18446744073709551615");
	n += snprintf(stat + n, sizeof(stat) - (size_t)n, " %llu %llu 0 0 0\n",
		      (unsigned long long)(2 * page_size - 8), (unsigned long long)end);
	put(directory, "stat", stat, (size_t)n);
	put(directory, "pagemap", pages, sizeof(pages));
	put(directory, "cmdline", cmdline, len);
}

static void put_pagemap(const struct fake *fake, int swapped_page)
{
	uint64_t pages[4] = {0, PRESENT, PRESENT, PRESENT};
	char directory[128];

	pages[swapped_page] = SWAPPED;
	snprintf(directory, sizeof(directory), "%s/42", fake->proc);
	put(directory, "pagemap", pages, sizeof(pages));
}

static void put_pod(const struct fake *fake, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", fake->pods, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static int set_up(void **state)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	strcpy(fake->root, "/tmp/oomtrace-lookup-XXXXXX");
	assert_non_null(mkdtemp(fake->root));
	snprintf(fake->proc, sizeof(fake->proc), "%s/proc", fake->root);
	snprintf(fake->pods, sizeof(fake->pods), "%s/pods", fake->root);
	assert_int_equal(mkdir(fake->proc, 0755), 0);
	assert_int_equal(mkdir(fake->pods, 0755), 0);
	fake->roots = (struct lookup_roots){.proc = fake->proc, .pods = fake->pods};
	assert_int_equal(lookup_new(&fake->roots, &fake->lookup), 0);
	*state = fake;
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info;
	(void)kind;
	(void)walk;
	return remove(path);
}

static int tear_down(void **state)
{
	struct fake *fake = *state;

	lookup_free(fake->lookup);
	nftw(fake->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(fake);
	return 0;
}

static struct wire_detail take(struct lookup *lookup)
{
	struct pollfd fd = {.fd = lookup_fd(lookup), .events = POLLIN};
	struct wire_detail detail;

	while (!lookup_take(lookup, &detail))
		assert_int_equal(poll(&fd, 1, 10000), 1);
	return detail;
}

static struct wire_detail ask(struct fake *fake, uint64_t start, bool cmdline, const char *pod_uid)
{
	struct lookup_question question = {
		.pid = 42, .start_ns = start, .boot_ns = 7, .cmdline = cmdline};

	strcpy(question.pod_uid, pod_uid);
	assert_true(lookup_ask(fake->lookup, &question));
	return take(fake->lookup);
}

static void command_line_and_pod_are_found(void **state)
{
	struct fake *fake = *state;
	struct wire_detail detail;

	put_process(fake, "a\0b\n\xff", 6, 2 * (uint64_t)sysconf(_SC_PAGESIZE));
	put_pod(fake, "shop_web-0_" UID);
	detail = ask(fake, start_ns(), true, UID);
	assert_int_equal(detail.head.boot_ns, 7);
	assert_int_equal(detail.pid, 42);
	assert_int_equal(detail.start_ns, start_ns());
	assert_int_equal(detail.cmdline_len, 6);
	assert_int_equal(detail.cmdline_cut, 0);
	assert_memory_equal(detail.cmdline, "a\0b\n\xff", 6);
	assert_string_equal(detail.pod, "web-0");
	assert_string_equal(detail.pod_namespace, "shop");
	assert_int_equal(lookup_pending(fake->lookup), 0);
}

static void what_was_not_asked_for_is_not_told(void **state)
{
	struct fake *fake = *state;
	struct wire_detail detail;

	put_process(fake, "secret", 7, 2 * (uint64_t)sysconf(_SC_PAGESIZE));
	put_pod(fake, "shop_web-0_" UID);
	detail = ask(fake, start_ns(), false, UID);
	assert_int_equal(detail.cmdline_len, 0);
	assert_string_equal(detail.pod, "web-0");
	detail = ask(fake, start_ns(), true, "");
	assert_int_equal(detail.cmdline_len, 7);
	assert_string_equal(detail.pod, "");
}

static void another_process_of_the_same_pid_is_not_believed(void **state)
{
	struct fake *fake = *state;

	put_process(fake, "late", 5, 2 * (uint64_t)sysconf(_SC_PAGESIZE));
	assert_int_equal(ask(fake, start_ns() + TICK_NS, true, "").cmdline_len, 0);
	assert_int_equal(ask(fake, start_ns() - TICK_NS, true, "").cmdline_len, 0);
	assert_int_equal(ask(fake, START_TICKS * TICK_NS, true, "").cmdline_len, 5);
	assert_int_equal(ask(fake, (START_TICKS + 1) * TICK_NS - 1, true, "").cmdline_len, 5);
}

static void a_process_that_has_gone_leaves_nothing(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(ask(fake, start_ns(), true, "").cmdline_len, 0);
	/* Its memory has gone, it has not: an empty command line. */
	put_process(fake, "", 0, 2 * (uint64_t)sysconf(_SC_PAGESIZE));
	assert_int_equal(ask(fake, start_ns(), true, "").cmdline_len, 0);
	put_process(fake, "x", 2, 0);
	assert_int_equal(ask(fake, start_ns(), true, "").cmdline_len, 0);
}

static void a_long_command_line_is_cut_and_says_so(void **state)
{
	struct fake *fake = *state;
	struct wire_detail detail;
	char text[300];

	memset(text, 'x', sizeof(text));
	put_process(fake, text, WIRE_CMDLINE_LEN, 2 * (uint64_t)sysconf(_SC_PAGESIZE));
	detail = ask(fake, start_ns(), true, "");
	assert_int_equal(detail.cmdline_len, WIRE_CMDLINE_LEN);
	assert_int_equal(detail.cmdline_cut, 0);
	put_process(fake, text, sizeof(text), 2 * (uint64_t)sysconf(_SC_PAGESIZE));
	detail = ask(fake, start_ns(), true, "");
	assert_int_equal(detail.cmdline_len, WIRE_CMDLINE_LEN);
	assert_int_equal(detail.cmdline_cut, 1);
}

static void arguments_in_swap_are_not_fetched(void **state)
{
	struct fake *fake = *state;

	/* From page 1 to the first byte of page 3. */
	put_process(fake, "x", 2, 3 * (uint64_t)sysconf(_SC_PAGESIZE) + 1);
	assert_int_equal(ask(fake, start_ns(), true, "").cmdline_len, 2);
	for (int page = 1; page <= 3; page++) {
		put_pagemap(fake, page);
		assert_int_equal(ask(fake, start_ns(), true, "").cmdline_len, 0);
	}
	put_pagemap(fake, 0);
	assert_int_equal(ask(fake, start_ns(), true, "").cmdline_len, 2);
}

static void only_the_kubelets_names_are_pods(void **state)
{
	struct fake *fake = *state;
	char name[256];

	put_pod(fake, UID);
	put_pod(fake, "_" UID);
	put_pod(fake, "shop_" UID);
	put_pod(fake, "shop__" UID);
	put_pod(fake, "shop_we\nb_" UID);
	put_pod(fake, "shop_we\xff_" UID);
	put_pod(fake, "Shop_web_" UID);
	put_pod(fake, "shop_web_2_" UID);
	put_pod(fake, "shop_web-" UID);
	put_pod(fake, "shop_web_" UID "0");
	memset(name, 'x', sizeof(name));
	memcpy(name + 255 - strlen("_" UID), "_" UID, sizeof("_" UID));
	put_pod(fake, name);
	assert_string_equal(ask(fake, start_ns(), true, UID).pod, "");

	memcpy(name, "n_", 2);
	put_pod(fake, name);
	assert_int_equal(strlen(ask(fake, start_ns(), true, UID).pod), 255 - 2 - strlen("_" UID));
	assert_string_equal(ask(fake, start_ns(), true, UID).pod_namespace, "n");

	put_pod(fake, "kube-system_etcd-node.example_" STATIC_UID);
	assert_string_equal(ask(fake, start_ns(), true, STATIC_UID).pod, "etcd-node.example");
}

static void a_pod_is_found_among_a_thousand(void **state)
{
	struct fake *fake = *state;
	char name[256];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "shop_web-%d_8d5c5e1c-4c1f-4d2a-9d5b-%012d", i, i);
		put_pod(fake, name);
	}
	assert_string_equal(ask(fake, 1, true, "8d5c5e1c-4c1f-4d2a-9d5b-000000000777").pod,
			    "web-777");
}

static void without_pods_there_is_none(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(rmdir(fake->pods), 0);
	assert_string_equal(ask(fake, start_ns(), true, UID).pod, "");
	put(fake->root, "pods", "", 0);
	assert_string_equal(ask(fake, start_ns(), true, UID).pod, "");
}

/* A reading that never ends: a command line that nobody writes. */
static void hang(struct fake *fake)
{
	char path[128];

	put_process(fake, "x", 2, 2 * (uint64_t)sysconf(_SC_PAGESIZE));
	snprintf(path, sizeof(path), "%s/42/cmdline", fake->proc);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void a_full_queue_refuses_and_keeps_what_it_has(void **state)
{
	struct fake *fake = *state;
	struct lookup_question question = {.pid = 42, .start_ns = start_ns(), .cmdline = true};
	char path[128];
	int fd;

	hang(fake);
	for (uint32_t i = 0; i < LOOKUP_QUEUE; i++) {
		question.boot_ns = i;
		assert_true(lookup_ask(fake->lookup, &question));
		question.pid = 1000 + i; /* nobody's */
	}
	assert_false(lookup_ask(fake->lookup, &question));
	assert_int_equal(lookup_pending(fake->lookup), LOOKUP_QUEUE);

	snprintf(path, sizeof(path), "%s/42/cmdline", fake->proc);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, "freed", 5), 5);
	close(fd);
	for (uint32_t i = 0; i < LOOKUP_QUEUE; i++) {
		struct wire_detail detail = take(fake->lookup);

		assert_int_equal(detail.head.boot_ns, i);
		assert_int_equal(detail.cmdline_len, i ? 0 : 5);
	}
	assert_true(lookup_ask(fake->lookup, &question));
	assert_int_equal(take(fake->lookup).head.boot_ns, LOOKUP_QUEUE - 1);
}

static void the_end_does_not_wait_for_a_reading_that_hangs(void **state)
{
	struct fake *fake = *state;
	struct lookup_question question = {.pid = 42, .start_ns = start_ns(), .cmdline = true};
	char path[128];
	int fd;

	hang(fake);
	assert_true(lookup_ask(fake->lookup, &question));
	lookup_free(fake->lookup);
	fake->lookup = NULL;
	/* Let it go, as the end of the process would. */
	snprintf(path, sizeof(path), "%s/42/cmdline", fake->proc);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
}

/* What is asked about a victim in @path, of which the kernel has told @cmdline_len bytes. */
static uint32_t questions_about(struct lookup *lookup, const char *names, size_t len,
				uint32_t cmdline_len, uint8_t flags, bool no_cmdline)
{
	struct wire_decision decision = {
		.head = {.kind = WIRE_DECISION, .size = sizeof(decision)},
		.cmdline_len = cmdline_len,
		.flags = flags,
		.victim_path = {.known = 1, .len = (uint32_t)len},
	};
	uint32_t pending;

	memcpy(decision.victim_path.names, names, len);
	inquire(lookup, &decision, sizeof(decision), no_cmdline);
	pending = lookup_pending(lookup);
	for (uint32_t i = 0; i < pending; i++)
		take(lookup);
	return pending;
}

static void only_what_is_not_known_is_asked(void **state)
{
	static const char pod[] = "pod" UID "\0burstable\0kubepods";
	static const char unit[] = "app.service\0system.slice";
	struct wire_victim victim = {.head = {.kind = WIRE_VICTIM, .size = sizeof(victim)}};
	struct fake *fake = *state;
	struct lookup *lookup = fake->lookup;

	assert_int_equal(questions_about(lookup, unit, sizeof(unit), 0, 0, false), 1);
	assert_int_equal(questions_about(lookup, unit, sizeof(unit), 3, 0, false), 0);
	assert_int_equal(questions_about(lookup, unit, sizeof(unit), 0, 0, true), 0);
	assert_int_equal(questions_about(lookup, pod, sizeof(pod), 3, 0, false), 1);
	assert_int_equal(questions_about(lookup, pod, sizeof(pod), 0, 0, true), 1);
	assert_int_equal(questions_about(lookup, pod, sizeof(pod), 0, DECISION_NO_VICTIM, false),
			 0);

	inquire(lookup, &victim, sizeof(victim), false);
	assert_int_equal(lookup_pending(lookup), 1);
	inquire(lookup, &victim, sizeof(victim), true);
	inquire(lookup, &victim, sizeof(victim) - 1, false);
	assert_int_equal(lookup_pending(lookup), 1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(command_line_and_pod_are_found),
		CASE(what_was_not_asked_for_is_not_told),
		CASE(another_process_of_the_same_pid_is_not_believed),
		CASE(a_process_that_has_gone_leaves_nothing),
		CASE(a_long_command_line_is_cut_and_says_so),
		CASE(arguments_in_swap_are_not_fetched),
		CASE(only_the_kubelets_names_are_pods),
		CASE(a_pod_is_found_among_a_thousand),
		CASE(without_pods_there_is_none),
		CASE(a_full_queue_refuses_and_keeps_what_it_has),
		CASE(the_end_does_not_wait_for_a_reading_that_hangs),
		CASE(only_what_is_not_known_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
