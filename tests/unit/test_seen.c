// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which kills of logs are ones that are known already. */
#include "sample.h"

#include "core/bootclock.h"
#include "core/seen.h"

#define S 1000000000ULL

static struct seen *fresh(void)
{
	static struct seen seen;

	memset(&seen, 0, sizeof(seen));
	return &seen;
}

/* As the kernel side tells of it, @at_s seconds after the boot. */
static struct seen_kill live(uint32_t pid, const char *comm, uint64_t at_s)
{
	struct wire_task task = {.pid = pid, .tid = pid};
	struct seen_kill kill;

	memcpy(task.comm, comm, strlen(comm));
	seen_of_wire(sample_host()->wire, &task, at_s * S, SAMPLE_REAL_NS, &kill);
	return kill;
}

/* As this host's own log has it. */
static struct seen_kill logged(uint32_t pid, const char *comm, uint64_t at_s, uint64_t till_s)
{
	struct episode episode = {.boot_ns = at_s * S};
	struct seen_kill kill;

	episode.victim = sample_task(pid, comm, MIB, 0);
	episode.real_ns = at_s ? SAMPLE_REAL_NS + (int64_t)(at_s * S) : 0;
	seen_of_log(sample_host(), &episode, till_s * S, &kill);
	return kill;
}

static bool knows(struct seen_kill one, struct seen_kill other)
{
	struct seen *seen = fresh();

	seen_add(seen, &one);
	return seen_has(seen, &other);
}

static void a_kill_seen_live_is_known_in_the_log(void **state)
{
	(void)state;
	assert_true(knows(live(7, "java", 100), logged(7, "java", 100, 100)));
	assert_true(knows(live(7, "java", 100), logged(7, "java", 98, 98)));
	assert_false(knows(live(7, "java", 100), logged(8, "java", 100, 100)));
	assert_false(knows(live(7, "java", 100), logged(7, "redis", 100, 100)));
	assert_false(seen_has(fresh(), &(struct seen_kill){.pid = 7}));
}

static void a_pid_that_is_used_again_is_another_kill(void **state)
{
	(void)state;
	assert_false(knows(live(7, "java", 100), logged(7, "java", 94, 95)));
	assert_false(knows(live(7, "java", 100), logged(7, "java", 105, 106)));
	assert_false(knows(logged(7, "java", 100, 100), logged(7, "java", 160, 160)));
}

static void a_report_that_takes_long_to_print_is_of_the_kill_within_it(void **state)
{
	(void)state;
	/* Its first line stands long before the mark that the tracepoint backend goes by. */
	assert_true(knows(live(7, "java", 150), logged(7, "java", 100, 160)));
	assert_false(knows(live(7, "java", 170), logged(7, "java", 100, 160)));
}

static void a_thread_of_the_process_may_be_named(void **state)
{
	struct seen_kill kill = live(7, "java", 100);

	(void)state;
	kill.tid = 9;
	assert_true(knows(kill, logged(9, "java", 100, 100)));
}

static void names_that_logs_spell_differently_do_not_count(void **state)
{
	(void)state;
	assert_true(knows(live(7, "a\nb", 100), logged(7, "a#012b", 100, 100)));
	assert_true(knows(live(7, "java", 100), logged(7, "", 100, 100)));
}

static void another_host_or_boot_is_another_kill(void **state)
{
	struct seen_kill kill = logged(7, "java", 100, 100), other = kill;

	(void)state;
	other.host++;
	assert_false(knows(kill, other));
	other = kill;
	other.boot++;
	assert_false(knows(kill, other));
	other.boot = 0; /* a syslog's: by the wall clock */
	assert_true(knows(kill, other));
	other.real_ns += 60LL * (int64_t)S;
	assert_false(knows(kill, other));
}

static void the_boot_id_counts_without_its_hyphens(void **state)
{
	struct wire_host wire = *sample_host()->wire;
	struct host host = {.wire = &wire};
	struct episode episode = {.boot_ns = 100 * S};
	struct seen_kill journal;

	(void)state;
	memcpy(wire.boot_id, "5c2a4e0e000040008000000000000000", 33);
	episode.victim = sample_task(7, "java", MIB, 0);
	seen_of_log(&host, &episode, 0, &journal);
	assert_true(knows(live(7, "java", 100), journal));
}

static void without_a_time_the_numbers_tell(void **state)
{
	struct seen_kill kill = logged(7, "java", 100, 100), bare = logged(7, "java", 0, 0);

	(void)state;
	bare.boot = bare.host = 0;
	assert_true(knows(kill, bare));
	assert_true(knows(live(7, "java", 100), bare));
	bare.sizes++;
	assert_false(knows(kill, bare));
	bare.sizes = 0;
	assert_false(knows(kill, bare));
}

static void with_the_uptime_alone_numbers_must_not_differ(void **state)
{
	struct seen_kill kill = logged(7, "java", 100, 100), dmesg = kill;

	(void)state;
	dmesg.boot = dmesg.host = 0;
	dmesg.real_ns = 0;
	assert_true(knows(kill, dmesg));
	dmesg.sizes++; /* of another boot, which had the same pid then */
	assert_false(knows(kill, dmesg));
}

static void the_oldest_are_forgotten(void **state)
{
	struct seen *seen = fresh();
	struct seen_kill kill;

	(void)state;
	for (uint32_t pid = 1; pid <= SEEN_KILLS + 1; pid++) {
		kill = live(pid, "java", 100);
		seen_add(seen, &kill);
	}
	assert_true(seen_has(seen, &kill));
	kill = live(2, "java", 100);
	assert_true(seen_has(seen, &kill));
	kill = live(1, "java", 100);
	assert_false(seen_has(seen, &kill));
}

static void stamps_are_shifted_by_what_was_measured(void **state)
{
	/* In a million seconds the log's clock has gained 40. */
	struct bootclock clock = {.printk_ns = 1000040 * S, .boot_ns = 1000000 * S};

	(void)state;
	assert_int_equal(bootclock_of(&clock, 1000040 * S), 1000000 * S);
	assert_in_range(bootclock_of(&clock, 500020 * S), 499999999999999, 500000000000001);
	assert_int_equal(bootclock_of(&clock, 0), 1); /* not 0: that is known */
	clock.boot_ns = 1000100 * S;                  /* or it has lost 60 */
	assert_in_range(bootclock_of(&clock, 500020 * S), 500049999999999, 500050000000001);
}

static void before_a_suspend_it_is_not_known_when(void **state)
{
	struct bootclock clock = {
		.printk_ns = 1000 * S,
		.boot_ns = 5000 * S,
		.slept = true,
		.woke_ns = 600 * S,
	};

	(void)state;
	assert_int_equal(bootclock_of(&clock, 900 * S), 4900 * S);
	assert_int_equal(bootclock_of(&clock, 599 * S), 0);
	clock.woke_ns = 0; /* the log does not reach back so far */
	assert_int_equal(bootclock_of(&clock, 599 * S), 4599 * S);
}

static void wakings_are_told_from_other_lines(void **state)
{
	static const char *const wakings[] = {
		"PM: suspend exit",
		"PM: hibernation: hibernation exit",
		"PM: hibernation exit",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wakings) / sizeof(wakings[0]); i++)
		assert_true(bootclock_is_waking(wakings[i], strlen(wakings[i])));
	assert_false(bootclock_is_waking("PM: suspend entry (deep)", 24));
	assert_false(bootclock_is_waking("PM: suspend exit", 15));
	assert_false(bootclock_is_waking("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_seen_live_is_known_in_the_log),
		cmocka_unit_test(a_pid_that_is_used_again_is_another_kill),
		cmocka_unit_test(a_report_that_takes_long_to_print_is_of_the_kill_within_it),
		cmocka_unit_test(a_thread_of_the_process_may_be_named),
		cmocka_unit_test(names_that_logs_spell_differently_do_not_count),
		cmocka_unit_test(another_host_or_boot_is_another_kill),
		cmocka_unit_test(the_boot_id_counts_without_its_hyphens),
		cmocka_unit_test(without_a_time_the_numbers_tell),
		cmocka_unit_test(with_the_uptime_alone_numbers_must_not_differ),
		cmocka_unit_test(the_oldest_are_forgotten),
		cmocka_unit_test(stamps_are_shifted_by_what_was_measured),
		cmocka_unit_test(before_a_suspend_it_is_not_known_when),
		cmocka_unit_test(wakings_are_told_from_other_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
