/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel stacks by name, and what a function's text says of whom it calls. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/symbols.h"
#include "kernel/kallsyms.h"
#include "kernel/scoring.h"

static struct wire_symbol symbol_of(uint64_t address, const char *name)
{
	struct wire_symbol symbol = {.address = address};

	memcpy(symbol.name, name, strnlen(name, sizeof(symbol.name)));
	return symbol;
}

static void tell(struct symbols *symbols, uint64_t address, const char *name)
{
	struct wire_symbol symbol = symbol_of(address, name);

	symbols_add(symbols, &symbol);
}

static void a_stack_begins_at_out_of_memory(void **state)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	uint64_t stack[WIRE_STACK_LEN] = {1, 2, 3, 4};
	const char *names[WIRE_STACK_LEN];

	(void)state;
	tell(symbols, 1, "bpf_trampoline_6442");
	tell(symbols, 2, "out_of_memory");
	tell(symbols, 3, "mem_cgroup_out_of_memory");
	tell(symbols, 4, "try_charge_memcg");
	assert_int_equal(symbols_of_stack(symbols, stack, names), 3);
	assert_string_equal(names[0], "out_of_memory");
	assert_string_equal(names[2], "try_charge_memcg");
	free(symbols);
}

static void trampolines_within_a_stack_are_left_out(void **state)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	uint64_t stack[WIRE_STACK_LEN] = {2, 9, 3, 4};
	const char *names[WIRE_STACK_LEN];

	(void)state;
	tell(symbols, 2, "out_of_memory");
	tell(symbols, 3, "bpf_trampoline_6442");
	tell(symbols, 4, "try_charge_memcg");
	assert_int_equal(symbols_of_stack(symbols, stack, names), 2);
	assert_string_equal(names[1], "try_charge_memcg");
	free(symbols);
}

static void a_trampoline_taken_for_a_module_is_left_out(void **state)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	uint64_t stack[WIRE_STACK_LEN] = {2, 9, 5, 4, 6};
	const char *names[WIRE_STACK_LEN];

	(void)state;
	tell(symbols, 2, "out_of_memory");
	tell(symbols, 9, "vring_del_virtqueue [virtio_ring]");
	tell(symbols, 5, "out_of_memory");
	tell(symbols, 4, "__alloc_pages_slowpath");
	tell(symbols, 6, "ext4_mb_load_buddy [ext4]");
	assert_int_equal(symbols_of_stack(symbols, stack, names), 3);
	assert_string_equal(names[1], "__alloc_pages_slowpath");
	assert_string_equal(names[2], "ext4_mb_load_buddy [ext4]");
	free(symbols);
}

static void a_stack_without_out_of_memory_has_no_names(void **state)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	uint64_t stack[WIRE_STACK_LEN] = {4};
	const char *names[WIRE_STACK_LEN];

	(void)state;
	tell(symbols, 4, "try_charge_memcg");
	assert_int_equal(symbols_of_stack(symbols, stack, names), 0);
	free(symbols);
}

static void the_oldest_names_give_way_and_the_newest_stay(void **state)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	(void)state;
	for (uint64_t i = 1; i <= SYMBOLS_MAX + 1; i++)
		tell(symbols, i, "f");
	assert_null(symbols_name(symbols, 1));
	assert_non_null(symbols_name(symbols, 2));
	assert_non_null(symbols_name(symbols, SYMBOLS_MAX + 1));
	free(symbols);
}

static void a_name_that_fills_its_field_is_kept_whole(void **state)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	struct wire_symbol symbol = {.address = 7};

	(void)state;
	memset(symbol.name, 'x', sizeof(symbol.name));
	symbols_add(symbols, &symbol);
	assert_int_equal(strlen(symbols_name(symbols, 7)), WIRE_SYMBOL_LEN);
	free(symbols);
}

static void kallsyms_names_addresses_within_their_functions(void **state)
{
	struct symbol symbol = {.name = "oom_badness"};
	char names[2][WIRE_SYMBOL_LEN];
	uint64_t addresses[2];
	int fd;

	(void)state;
	/* Hidden from those who are not root, and then zeros. */
	if (kallsyms_find(&symbol, 1) || !symbol.begin)
		skip();
	assert_true(symbol.end > symbol.begin);
	addresses[0] = symbol.begin;
	addresses[1] = symbol.end - 1;
	fd = kallsyms_open();
	assert_true(fd >= 0);
	/* What has been read once is read again. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kallsyms_name(fd, addresses, 2, names), 0);
		assert_string_equal(names[0], "oom_badness");
		assert_string_equal(names[1], "oom_badness");
	}
	close(fd);
	assert_int_equal(kallsyms_name(-1, addresses, 2, names), -EBADF);
}

/* Looks up @symbols in @text, as if that were /proc/kallsyms. */
static int scan(const char *text, struct symbol *symbols, size_t count)
{
	FILE *file = tmpfile();
	int err;

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	err = kallsyms_scan(fileno(file), symbols, count);
	fclose(file);
	return err;
}

static void a_symbol_ends_where_the_next_one_begins(void **state)
{
	struct symbol symbols[] = {{.name = "second"}, {.name = "absent"}, {.name = "hstates"}};

	(void)state;
	assert_int_equal(scan("ffffffff81000010 T first\n"
			      "ffffffff81000020 t second\n"
			      "ffffffff81000020 t second_by_another_name\n"
			      "ffffffff810000ab t seconds\n"
			      "ffffffff82000000 D hstates\n"
			      "ffffffff82000100 b end\n",
			      symbols, 3),
			 0);
	assert_int_equal(symbols[0].begin, 0xffffffff81000020);
	assert_int_equal(symbols[0].end, 0xffffffff810000ab);
	assert_int_equal(symbols[1].begin, 0);
	assert_int_equal(symbols[1].end, 0);
	assert_int_equal(symbols[2].begin, 0xffffffff82000000);
	assert_int_equal(symbols[2].end, 0xffffffff82000100);
}

static void a_module_or_a_second_one_cannot_pass_for_the_kernels_own(void **state)
{
	struct symbol symbols[] = {{.name = "psi_system"}, {.name = "hstates"}};

	(void)state;
	assert_int_equal(scan("ffffffff81000010 d psi_system\n"
			      "ffffffff81000020 d psi_system\n"
			      "ffffffff81000030 d last\n"
			      "ffffffffc0000010 d hstates\t[mod]\n"
			      "ffffffffc0000020 d hstates\n",
			      symbols, 2),
			 0);
	assert_int_equal(symbols[0].begin, 0xffffffff81000010);
	assert_int_equal(symbols[1].begin, 0);
}

static void hidden_addresses_are_said_and_not_taken(void **state)
{
	struct symbol symbol = {.name = "oom_badness"};

	(void)state;
	assert_int_equal(
		scan("0000000000000000 T first\n0000000000000000 T oom_badness\n", &symbol, 1),
		-EPERM);
	assert_int_equal(symbol.begin, 0);
}

static void a_line_may_lie_across_two_reads(void **state)
{
	enum { LINES = 3000 };
	char *text = calloc(LINES, 40);
	struct symbol symbol = {.name = "name_of_line_2999"};
	size_t len = 0;

	(void)state;
	for (int i = 0; i < LINES; i++)
		len += sprintf(text + len, "ffffffff81%06x T name_of_line_%04d\n", i * 16, i);
	assert_int_equal(scan(text, &symbol, 1), 0);
	assert_int_equal(symbol.begin, 0xffffffff81000000 + 2999 * 16);
	free(text);
}

#ifdef __x86_64__
static void a_call_is_found_by_its_target(void **state)
{
	/* nop; call +0x10; ret, at 0x1000: the call ends at 0x1006 and goes to 0x1016 */
	const uint8_t text[] = {0x90, 0xe8, 0x10, 0, 0, 0, 0xc3};

	(void)state;
	assert_true(text_calls(text, sizeof(text), 0x1000, 0x1016));
	assert_false(text_calls(text, sizeof(text), 0x1000, 0x1015));
	/* A call cut in two is none. */
	assert_false(text_calls(text, 5, 0x1000, 0x1016));
}

static void a_call_backwards_is_found_too(void **state)
{
	const uint8_t text[] = {0xe8, 0xf6, 0xff, 0xff, 0xff}; /* -10 */

	(void)state;
	assert_true(text_calls(text, sizeof(text), 0x1000, 0x0ffb));
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_begins_at_out_of_memory),
		cmocka_unit_test(trampolines_within_a_stack_are_left_out),
		cmocka_unit_test(a_trampoline_taken_for_a_module_is_left_out),
		cmocka_unit_test(a_stack_without_out_of_memory_has_no_names),
		cmocka_unit_test(the_oldest_names_give_way_and_the_newest_stay),
		cmocka_unit_test(a_name_that_fills_its_field_is_kept_whole),
		cmocka_unit_test(kallsyms_names_addresses_within_their_functions),
		cmocka_unit_test(a_symbol_ends_where_the_next_one_begins),
		cmocka_unit_test(a_module_or_a_second_one_cannot_pass_for_the_kernels_own),
		cmocka_unit_test(hidden_addresses_are_said_and_not_taken),
		cmocka_unit_test(a_line_may_lie_across_two_reads),
#ifdef __x86_64__
		cmocka_unit_test(a_call_is_found_by_its_target),
		cmocka_unit_test(a_call_backwards_is_found_too),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
