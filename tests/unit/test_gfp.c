// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names of gfp flags, against the tables (gfpflag_names) that are in the images of Debian's kernels
 * and against what those kernels printed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/gfp.h"
#include "tests/unit/sample.h"

#define ROUNDS   20000
#define NAMES    64
#define TEXT_LEN 1024

struct row {
	uint32_t mask;
	const char *name;
};

/* 6.1; 5.10 has the same without the last one. */
static const struct row rows_6_1[] = {
	{0x1c24ca, "GFP_TRANSHUGE"},
	{0x1c20ca, "GFP_TRANSHUGE_LIGHT"},
	{0x100cca, "GFP_HIGHUSER_MOVABLE"},
	{0x100cc2, "GFP_HIGHUSER"},
	{0x100cc0, "GFP_USER"},
	{0x400cc0, "GFP_KERNEL_ACCOUNT"},
	{0xcc0, "GFP_KERNEL"},
	{0xc40, "GFP_NOFS"},
	{0xa20, "GFP_ATOMIC"},
	{0xc00, "GFP_NOIO"},
	{0x800, "GFP_NOWAIT"},
	{0x1, "GFP_DMA"},
	{0x2, "__GFP_HIGHMEM"},
	{0x4, "GFP_DMA32"},
	{0x20, "__GFP_HIGH"},
	{0x200, "__GFP_ATOMIC"},
	{0x40, "__GFP_IO"},
	{0x80, "__GFP_FS"},
	{0x2000, "__GFP_NOWARN"},
	{0x4000, "__GFP_RETRY_MAYFAIL"},
	{0x8000, "__GFP_NOFAIL"},
	{0x10000, "__GFP_NORETRY"},
	{0x40000, "__GFP_COMP"},
	{0x100, "__GFP_ZERO"},
	{0x80000, "__GFP_NOMEMALLOC"},
	{0x20000, "__GFP_MEMALLOC"},
	{0x100000, "__GFP_HARDWALL"},
	{0x200000, "__GFP_THISNODE"},
	{0x10, "__GFP_RECLAIMABLE"},
	{0x8, "__GFP_MOVABLE"},
	{0x400000, "__GFP_ACCOUNT"},
	{0x1000, "__GFP_WRITE"},
	{0xc00, "__GFP_RECLAIM"},
	{0x400, "__GFP_DIRECT_RECLAIM"},
	{0x800, "__GFP_KSWAPD_RECLAIM"},
	{0x800000, "__GFP_ZEROTAGS"},
};

/* 7.2; 6.12 has the same without the last one, single flags in another order. */
static const struct row rows_7_2[] = {
	{0x1c24ca, "GFP_TRANSHUGE"},
	{0x1c20ca, "GFP_TRANSHUGE_LIGHT"},
	{0x100cca, "GFP_HIGHUSER_MOVABLE"},
	{0x100cc2, "GFP_HIGHUSER"},
	{0x100cc0, "GFP_USER"},
	{0x400cc0, "GFP_KERNEL_ACCOUNT"},
	{0xcc0, "GFP_KERNEL"},
	{0xc40, "GFP_NOFS"},
	{0x820, "GFP_ATOMIC"},
	{0xc00, "GFP_NOIO"},
	{0x2800, "GFP_NOWAIT"},
	{0x1, "GFP_DMA"},
	{0x4, "GFP_DMA32"},
	{0xc00, "__GFP_RECLAIM"},
	{0x1, "__GFP_DMA"},
	{0x2, "__GFP_HIGHMEM"},
	{0x4, "__GFP_DMA32"},
	{0x8, "__GFP_MOVABLE"},
	{0x10, "__GFP_RECLAIMABLE"},
	{0x20, "__GFP_HIGH"},
	{0x40, "__GFP_IO"},
	{0x80, "__GFP_FS"},
	{0x100, "__GFP_ZERO"},
	{0x400, "__GFP_DIRECT_RECLAIM"},
	{0x800, "__GFP_KSWAPD_RECLAIM"},
	{0x1000, "__GFP_WRITE"},
	{0x2000, "__GFP_NOWARN"},
	{0x4000, "__GFP_RETRY_MAYFAIL"},
	{0x8000, "__GFP_NOFAIL"},
	{0x10000, "__GFP_NORETRY"},
	{0x20000, "__GFP_MEMALLOC"},
	{0x40000, "__GFP_COMP"},
	{0x80000, "__GFP_NOMEMALLOC"},
	{0x100000, "__GFP_HARDWALL"},
	{0x200000, "__GFP_THISNODE"},
	{0x400000, "__GFP_ACCOUNT"},
	{0x800000, "__GFP_ZEROTAGS"},
	{0x1000000, "__GFP_NO_OBJ_EXT"},
};

/* The enumerators of 6.12, 6.18 and 7.2, from bit 0 on. */
static const char *const enumerators[] = {
	"___GFP_DMA_BIT",
	"___GFP_HIGHMEM_BIT",
	"___GFP_DMA32_BIT",
	"___GFP_MOVABLE_BIT",
	"___GFP_RECLAIMABLE_BIT",
	"___GFP_HIGH_BIT",
	"___GFP_IO_BIT",
	"___GFP_FS_BIT",
	"___GFP_ZERO_BIT",
	"___GFP_UNUSED_BIT",
	"___GFP_DIRECT_RECLAIM_BIT",
	"___GFP_KSWAPD_RECLAIM_BIT",
	"___GFP_WRITE_BIT",
	"___GFP_NOWARN_BIT",
	"___GFP_RETRY_MAYFAIL_BIT",
	"___GFP_NOFAIL_BIT",
	"___GFP_NORETRY_BIT",
	"___GFP_MEMALLOC_BIT",
	"___GFP_COMP_BIT",
	"___GFP_NOMEMALLOC_BIT",
	"___GFP_HARDWALL_BIT",
	"___GFP_THISNODE_BIT",
	"___GFP_ACCOUNT_BIT",
	"___GFP_ZEROTAGS_BIT",
	"___GFP_NO_OBJ_EXT_BIT",
	"___GFP_LAST_BIT",
};

static struct wire_gfp of_enum(void)
{
	struct wire_gfp table = {.names = {""}};

	for (size_t i = 0; i < sizeof(enumerators) / sizeof(*enumerators); i++)
		gfp_name_bit(&table, enumerators[i], i);
	return table;
}

static struct wire_gfp of_facts(bool folio, bool hidden)
{
	struct gfp_facts facts = {.lruvec_costs = true, .folio = folio, .vma_flags_hidden = hidden};
	struct wire_gfp table;

	assert_int_equal(gfp_layout(&facts, &table), 0);
	return table;
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Sorts the names of @text, since single flags come in another order from kernel to kernel. */
static void sort_names(char *text, char ret_sorted[TEXT_LEN])
{
	char *names[NAMES], *name;
	size_t n = 0, len = 0;

	while ((name = strsep(&text, "|")) && n < NAMES)
		names[n++] = name;
	qsort(names, n, sizeof(*names), compare_names);
	ret_sorted[0] = '\0';
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(ret_sorted + len, TEXT_LEN - len, "%s|", names[i]);
}

/* What the kernel does with its table: the first row that fits is taken out of the mask. */
static void kernel_text(const struct row *rows, size_t n, uint32_t mask, char ret_text[TEXT_LEN])
{
	size_t len = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (!mask || (mask & rows[i].mask) != rows[i].mask)
			continue;
		len += (size_t)snprintf(ret_text + len, TEXT_LEN - len, "%s%s", len ? "|" : "",
					rows[i].name);
		mask &= ~rows[i].mask;
	}
	if (mask)
		snprintf(ret_text + len, TEXT_LEN - len, "%s0x%x", len ? "|" : "", mask);
}

static void check_against(const struct wire_gfp *table, const struct row *rows, size_t n,
			  uint32_t bits)
{
	uint64_t random = 7;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		char ours[TEXT_LEN], kernels[TEXT_LEN], one[TEXT_LEN], other[TEXT_LEN];
		uint32_t mask = sample_random(&random) & bits;

		if (i % 2) /* few flags: the usual */
			mask = (mask & sample_random(&random)) | rows[i % n].mask;
		assert_true(gfp_text(table, mask, ours, sizeof(ours)) >= 0);
		kernel_text(rows, n, mask, kernels);
		sort_names(ours, one);
		sort_names(kernels, other);
		assert_string_equal(one, other);
	}
}

static void every_mask_reads_as_the_kernels_own_table_has_it(void **state)
{
	struct wire_gfp v5_10 = of_facts(false, false), v6_1 = of_facts(true, false);
	struct wire_gfp v7_2 = of_enum();
	const size_t n_6_1 = sizeof(rows_6_1) / sizeof(*rows_6_1);
	const size_t n_7_2 = sizeof(rows_7_2) / sizeof(*rows_7_2);

	(void)state;
	check_against(&v5_10, rows_6_1, n_6_1 - 1, 0x1ffffff);
	check_against(&v6_1, rows_6_1, n_6_1, 0x1ffffff);
	check_against(&v7_2, rows_7_2, n_7_2, 0x3ffffff);
}

static void check_text(const struct wire_gfp *table, uint32_t mask, const char *expected)
{
	char text[TEXT_LEN];

	assert_int_equal(gfp_text(table, mask, text, sizeof(text)), strlen(expected));
	assert_string_equal(text, expected);
}

static void reports_of_real_kernels_are_matched(void **state)
{
	struct wire_gfp old = of_facts(true, false), new = of_enum();

	(void)state;
	check_text(&old, 0xcc0, "GFP_KERNEL");
	check_text(&old, 0x100dca, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO");
	check_text(&new, 0xcc0, "GFP_KERNEL");
	check_text(&new, 0x140dca, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP");
	check_text(&new, 0x140cca, "GFP_HIGHUSER_MOVABLE|__GFP_COMP");
	check_text(&new, 0, "");
	check_text(&new, 0x80000000, "0x80000000");
}

static void one_bit_has_two_meanings_on_two_kernels(void **state)
{
	struct wire_gfp old = of_facts(true, false), middle = of_facts(true, true), new = of_enum();

	(void)state;
	check_text(&old, 0x200, "__GFP_ATOMIC");
	check_text(&middle, 0x200, "0x200");
	check_text(&new, 0x200, "0x200");
	check_text(&old, 0xa20, "GFP_ATOMIC");
	check_text(&middle, 0x820, "GFP_ATOMIC");
	check_text(&new, 0x820, "GFP_ATOMIC");
}

static void a_kernel_that_is_not_recognised_has_no_names(void **state)
{
	struct gfp_facts facts = {.folio = true};
	struct wire_gfp table = {.names = {""}};

	(void)state;
	assert_int_equal(gfp_layout(&facts, &table), -ENOENT);
	check_text(&table, 0xcc0, "0xcc0");
}

static void what_is_no_flags_enumerator_is_left_out(void **state)
{
	struct wire_gfp table = {.names = {""}}, empty = {.names = {""}};

	(void)state;
	gfp_name_bit(&table, "", 0);
	gfp_name_bit(&table, "___GFP__BIT_", 0);
	gfp_name_bit(&table, "___GFP__BIT", 0);
	gfp_name_bit(&table, "__GFP_IO_BIT", 0);
	gfp_name_bit(&table, "___GFP_IO", 0);
	gfp_name_bit(&table, "___GFP_UNUSED_BIT", 0);
	gfp_name_bit(&table, "___GFP_LAST_BIT", 26);
	gfp_name_bit(&table, "___GFP_IO_BIT", 32);
	gfp_name_bit(&table, "___GFP_IO_BIT", UINT64_MAX);
	gfp_name_bit(&table, "___GFP_A_NAME_THAT_IS_MUCH_TOO_LONG_BIT", 0);
	assert_memory_equal(&table, &empty, sizeof(table));
}

static void a_table_from_a_recording_is_not_believed(void **state)
{
	struct wire_gfp table = of_enum();

	(void)state;
	assert_true(gfp_table_valid(&table));
	table.names[3][0] = '\033';
	assert_false(gfp_table_valid(&table));
	table = of_enum();
	memset(table.names[31], 'A', WIRE_GFP_NAME);
	assert_false(gfp_table_valid(&table));
	/* The most that a valid one can ask for does not fit, and says so. */
	for (unsigned int bit = 0; bit < WIRE_GFP_BITS; bit++) {
		memset(table.names[bit], 'A' + (int)bit % 26, WIRE_GFP_NAME - 1);
		table.names[bit][WIRE_GFP_NAME - 1] = '\0';
	}
	assert_true(gfp_table_valid(&table));
	{
		char text[512] = "untouched";

		assert_int_equal(gfp_text(&table, UINT32_MAX, text, sizeof(text)), -ENAMETOOLONG);
		assert_string_equal(text, "untouched");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mask_reads_as_the_kernels_own_table_has_it),
		cmocka_unit_test(reports_of_real_kernels_are_matched),
		cmocka_unit_test(one_bit_has_two_meanings_on_two_kernels),
		cmocka_unit_test(a_kernel_that_is_not_recognised_has_no_names),
		cmocka_unit_test(what_is_no_flags_enumerator_is_left_out),
		cmocka_unit_test(a_table_from_a_recording_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
