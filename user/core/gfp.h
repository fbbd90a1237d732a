/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names of an allocation's flags, as the kernel's %pGg prints them. Which bit has which name
 * changes from kernel to kernel, so that a table of the kernel in question is handed in.
 */
#ifndef OOMTRACE_CORE_GFP_H
#define OOMTRACE_CORE_GFP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

/* What tells the bits of a kernel that has no enum of them (before 6.10) from another's. */
struct gfp_facts {
	bool lruvec_costs;     /* struct lruvec has anon_cost: 5.8, after the bits were reordered */
	bool folio;            /* struct folio: 5.16, after __GFP_ZEROTAGS came (5.14) */
	bool vma_flags_hidden; /* vm_area_struct has __vm_flags: 6.3, as __GFP_ATOMIC left */
};

/* Names the bits of a kernel that has no enum of them. Returns 0, or -ENOENT: not recognised. */
int gfp_layout(const struct gfp_facts *facts, struct wire_gfp *ret_table);

/*
 * Names a bit by its enumerator in the kernel, "___GFP_IO_BIT". What is no flag's, or lies outside
 * the table, is left out.
 */
void gfp_name_bit(struct wire_gfp *table, const char *enumerator, uint64_t bit);

/* Whether every name of @table is one that the kernel could have, and ends within its room. */
bool gfp_table_valid(const struct wire_gfp *table);

/*
 * Writes @mask as "GFP_KERNEL|__GFP_ZERO": the composite names that the kernel prints, then single
 * bits from the lowest on, then what has no name as a number; nothing for no flag. Returns the
 * length, or -ENAMETOOLONG with @ret_text untouched.
 */
int gfp_text(const struct wire_gfp *table, uint32_t mask, char *ret_text, size_t size);

#endif /* OOMTRACE_CORE_GFP_H */
