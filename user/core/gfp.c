// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/gfp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 1024 /* of all the names there are */
#define PREFIX   "___GFP_"
#define SUFFIX   "_BIT"

/* From 5.8 until the kernel had an enum of them. */
static const char *const common[] = {
	"DMA",   "HIGHMEM",    "DMA32",         "MOVABLE",  "RECLAIMABLE",    "HIGH",
	"IO",    "FS",         "ZERO",          "ATOMIC",   "DIRECT_RECLAIM", "KSWAPD_RECLAIM",
	"WRITE", "NOWARN",     "RETRY_MAYFAIL", "NOFAIL",   "NORETRY",        "MEMALLOC",
	"COMP",  "NOMEMALLOC", "HARDWALL",      "THISNODE", "ACCOUNT",
};

#define BIT_ATOMIC   9  /* until 6.3 */
#define BIT_ZEROTAGS 23 /* from 5.14 on */

enum when { ALWAYS, WITH_ATOMIC, WITHOUT_ATOMIC };

/*
 * The composites of include/linux/gfp_types.h in the order in which the kernel looks for them.
 * @also names bits that belong to it where the kernel has them. Since 6.7
 * GFP_NOWAIT holds __GFP_NOWARN; that __GFP_ATOMIC is gone (6.3) is what tells. In between the
 * two it makes no difference: an allocation that may not wait never gets as far as an OOM.
 */
static const struct composite {
	const char *name, *bits, *also;
	enum when when;
} composites[] = {
	{"GFP_TRANSHUGE", "HIGHMEM MOVABLE IO FS DIRECT_RECLAIM NOWARN COMP NOMEMALLOC HARDWALL",
	 "SKIP_KASAN", ALWAYS},
	{"GFP_TRANSHUGE_LIGHT", "HIGHMEM MOVABLE IO FS NOWARN COMP NOMEMALLOC HARDWALL",
	 "SKIP_KASAN", ALWAYS},
	{"GFP_HIGHUSER_MOVABLE", "HIGHMEM MOVABLE IO FS DIRECT_RECLAIM KSWAPD_RECLAIM HARDWALL",
	 "SKIP_KASAN", ALWAYS},
	{"GFP_HIGHUSER", "HIGHMEM IO FS DIRECT_RECLAIM KSWAPD_RECLAIM HARDWALL", "", ALWAYS},
	{"GFP_USER", "IO FS DIRECT_RECLAIM KSWAPD_RECLAIM HARDWALL", "", ALWAYS},
	{"GFP_KERNEL_ACCOUNT", "IO FS DIRECT_RECLAIM KSWAPD_RECLAIM ACCOUNT", "", ALWAYS},
	{"GFP_KERNEL", "IO FS DIRECT_RECLAIM KSWAPD_RECLAIM", "", ALWAYS},
	{"GFP_NOFS", "IO DIRECT_RECLAIM KSWAPD_RECLAIM", "", ALWAYS},
	{"GFP_ATOMIC", "HIGH KSWAPD_RECLAIM", "ATOMIC", ALWAYS},
	{"GFP_NOIO", "DIRECT_RECLAIM KSWAPD_RECLAIM", "", ALWAYS},
	{"GFP_NOWAIT", "KSWAPD_RECLAIM", "", WITH_ATOMIC},
	{"GFP_NOWAIT", "KSWAPD_RECLAIM NOWARN", "", WITHOUT_ATOMIC},
	{"GFP_DMA", "DMA", "", ALWAYS},
	{"GFP_DMA32", "DMA32", "", ALWAYS},
};

static void set_name(struct wire_gfp *table, size_t bit, const char *name, size_t len)
{
	memset(table->names[bit], 0, WIRE_GFP_NAME);
	memcpy(table->names[bit], name, len);
}

int gfp_layout(const struct gfp_facts *facts, struct wire_gfp *ret_table)
{
	if (!facts->lruvec_costs)
		return -ENOENT;
	memset(ret_table->names, 0, sizeof(ret_table->names));
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		set_name(ret_table, i, common[i], strlen(common[i]));
	if (facts->vma_flags_hidden)
		set_name(ret_table, BIT_ATOMIC, "", 0);
	if (facts->folio)
		set_name(ret_table, BIT_ZEROTAGS, "ZEROTAGS", strlen("ZEROTAGS"));
	return 0;
}

void gfp_name_bit(struct wire_gfp *table, const char *enumerator, uint64_t bit)
{
	const size_t prefix = strlen(PREFIX), suffix = strlen(SUFFIX);
	size_t len = strlen(enumerator);

	if (bit >= WIRE_GFP_BITS || len <= prefix + suffix || strncmp(enumerator, PREFIX, prefix) ||
	    strcmp(enumerator + len - suffix, SUFFIX))
		return;
	enumerator += prefix;
	len -= prefix + suffix;
	/* A bit without a meaning, and the number of bits. */
	if (len >= WIRE_GFP_NAME || !strcmp(enumerator, "UNUSED" SUFFIX) ||
	    !strcmp(enumerator, "LAST" SUFFIX))
		return;
	set_name(table, bit, enumerator, len);
}

static bool name_valid(const char *name)
{
	size_t len = strnlen(name, WIRE_GFP_NAME);

	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return len < WIRE_GFP_NAME;
}

bool gfp_table_valid(const struct wire_gfp *table)
{
	for (size_t bit = 0; bit < WIRE_GFP_BITS; bit++) {
		if (!name_valid(table->names[bit]))
			return false;
	}
	return true;
}

/* The bits that @names, with blanks between, have in @table; *@missing when one has none. */
static uint32_t bits_of(const struct wire_gfp *table, const char *names, bool *missing)
{
	uint32_t bits = 0;

	while (*names) {
		size_t len = strcspn(names, " "), bit = 0;

		while (bit < WIRE_GFP_BITS &&
		       (strncmp(table->names[bit], names, len) || table->names[bit][len]))
			bit++;
		if (bit < WIRE_GFP_BITS)
			bits |= 1U << bit;
		else
			*missing = true;
		names += len;
		names += *names == ' ';
	}
	return bits;
}

/* The bits of @composite, 0 where this kernel has it not. */
static uint32_t composite_bits(const struct wire_gfp *table, const struct composite *composite)
{
	bool missing = false, ignored = false;
	uint32_t bits = bits_of(table, composite->bits, &missing);
	enum when when = bits_of(table, "ATOMIC", &ignored) ? WITH_ATOMIC : WITHOUT_ATOMIC;

	if (missing || (composite->when != ALWAYS && composite->when != when))
		return 0;
	return bits | bits_of(table, composite->also, &ignored);
}

static void append(char text[TEXT_MAX], size_t *len, const char *prefix, const char *name)
{
	*len += (size_t)snprintf(text + *len, TEXT_MAX - *len, "%s%s%s", *len ? "|" : "", prefix,
				 name);
}

int gfp_text(const struct wire_gfp *table, uint32_t mask, char *ret_text, size_t size)
{
	char text[TEXT_MAX] = "", number[16];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(composites) / sizeof(composites[0]); i++) {
		uint32_t bits = composite_bits(table, &composites[i]);

		if (!bits || (mask & bits) != bits)
			continue;
		append(text, &len, "", composites[i].name);
		mask &= ~bits;
	}
	for (size_t bit = 0; bit < WIRE_GFP_BITS; bit++) {
		if (!(mask & 1U << bit) || !table->names[bit][0])
			continue;
		append(text, &len, "__GFP_", table->names[bit]);
		mask &= ~(1U << bit);
	}
	if (mask) {
		snprintf(number, sizeof(number), "0x%x", mask);
		append(text, &len, "", number);
	}
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(ret_text, text, len + 1);
	return (int)len;
}
