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
#include "kernel/functions.h"
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

/* A table of what stands in @text, as if that were /proc/kallsyms. */
static struct functions *table_of(const char *text)
{
	struct functions *functions = functions_new();
	FILE *file = tmpfile();

	assert_non_null(functions);
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	assert_int_equal(kallsyms_scan(fileno(file), NULL, 0, functions_add, functions), 0);
	fclose(file);
	functions_seal(functions);
	return functions;
}

static void expect_name(const struct functions *functions, uint64_t address, const char *expected)
{
	char name[WIRE_SYMBOL_LEN];

	if (functions_name(functions, address, name))
		assert_string_equal(name, expected ? expected : "no name at all");
	else
		assert_null(expected);
}

static void functions_are_named_from_their_first_byte_to_their_last(void **state)
{
	struct functions *functions = table_of("ffffffff81000000 T first\n"
					       "ffffffff81000010 t __pfx_second\n"
					       "ffffffff81000020 t alias\n"
					       "ffffffff81000020 W second\n"
					       "ffffffff81000040 t perf_trace_this\n"
					       "ffffffff81000060 D data\n"
					       "ffffffff81000080 T last\n"
					       "ffffffffc0000200 t later\t[module]\n"
					       "ffffffffc0000100 t sooner\t[module]\n"
					       "ffffffffc0000300 d data\t[module]\n");

	(void)state;
	expect_name(functions, 0xffffffff80ffffff, NULL);
	expect_name(functions, 0xffffffff81000000, "first");
	expect_name(functions, 0xffffffff8100001f, "first");
	expect_name(functions, 0xffffffff81000020, "second");
	expect_name(functions, 0xffffffff8100003f, "second");
	expect_name(functions, 0xffffffff81000040, NULL);
	expect_name(functions, 0xffffffff81000060, NULL);
	expect_name(functions, 0xffffffff81000081, "last");
	expect_name(functions, 0xffffffff8100ffff, "last");
	/* Nothing is as long as that. */
	expect_name(functions, 0xffffffff81020000, NULL);
	expect_name(functions, 0xffffffffc0000100, "sooner [module]");
	expect_name(functions, 0xffffffffc00001ff, "sooner [module]");
	expect_name(functions, 0xffffffffc0000200, "later [module]");
	expect_name(functions, 0xffffffffc0000301, NULL);
	functions_free(functions);
}

struct line {
	uint64_t begin, end;
	char name[WIRE_SYMBOL_LEN];
};

struct lines {
	struct line lines[200];
	size_t count, seen;
	uint64_t last;
};

/* Keeps every thousandth function of the kernel, where the one behind it is another. */
static void keep_some(void *ctx, uint64_t address, char type, const char *name, size_t len)
{
	struct lines *lines = ctx;
	struct line *line = &lines->lines[lines->count ? lines->count - 1 : 0];

	if (lines->count && !line->end && address > line->begin)
		line->end = address;
	if (++lines->seen % 1000 || !strchr("tT", type) || lines->count == 200 || len > 60 ||
	    address == lines->last || memchr(name, '[', len) || strncmp(name, "__pfx_", 6) == 0 ||
	    strstr(name, "trace"))
		return;
	line = &lines->lines[lines->count++];
	line->begin = lines->last = address;
	line->end = 0;
	memcpy(line->name, name, len);
	line->name[len] = '\0';
}

/* Those with two names may be given the other one: most have one. */
static void the_running_kernels_functions_are_named(void **state)
{
	struct functions *functions = functions_new();
	struct lines *lines = calloc(1, sizeof(*lines));
	struct symbol symbol = {.name = "oom_badness"};
	size_t right = 0;

	(void)state;
	/* Hidden from those who are not root, and then zeros. */
	if (kallsyms_find(&symbol, 1, functions_add, functions) || !symbol.begin) {
		functions_free(functions);
		free(lines);
		skip();
	}
	functions_seal(functions);
	expect_name(functions, symbol.begin, "oom_badness");
	expect_name(functions, symbol.end - 1, "oom_badness");
	assert_int_equal(kallsyms_find(&symbol, 1, keep_some, lines), 0);
	for (size_t i = 0; i < lines->count; i++) {
		char name[WIRE_SYMBOL_LEN];
		const struct line *line = &lines->lines[i];

		right += functions_name(functions, line->begin, name) &&
			 strcmp(name, line->name) == 0 &&
			 functions_name(functions, line->end - 1, name) &&
			 strcmp(name, line->name) == 0;
	}
	assert_true(lines->count > 10);
	assert_true(right >= lines->count * 9 / 10);
	assert_true(functions_bytes(functions) < 8 << 20);
	functions_free(functions);
	free(lines);
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
	err = kallsyms_scan(fileno(file), symbols, count, NULL, NULL);
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
		cmocka_unit_test(functions_are_named_from_their_first_byte_to_their_last),
		cmocka_unit_test(the_running_kernels_functions_are_named),
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
