// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/addresses.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "kernel/finder.h"

/* Enough for a page of lines and what libc needs; all of it is locked in memory. */
#define STACK_BYTES (PTHREAD_STACK_MIN + 65536)

static const char *const names[KERNEL_SYMBOLS] = {
	[SYMBOL_MEMCG_OOM] = "mem_cgroup_out_of_memory",
	[SYMBOL_MEMCG_MEMBER] = "oom_kill_memcg_member",
	[SYMBOL_EVALUATE] = "oom_evaluate_task",
	[SYMBOL_BADNESS] = "oom_badness",
	[SYMBOL_PERCPU_SUM] = "__percpu_counter_sum",
	[SYMBOL_MEMCG_STATS_INDEX] = "mem_cgroup_stats_index",
	[SYMBOL_TOTAL_SWAP_PAGES] = "total_swap_pages",
	[SYMBOL_NR_SWAP_PAGES] = "nr_swap_pages",
	[SYMBOL_NR_VMALLOC_PAGES] = "nr_vmalloc_pages",
	[SYMBOL_HSTATES] = "hstates",
	[SYMBOL_HUGETLB_MAX_HSTATE] = "hugetlb_max_hstate",
	[SYMBOL_PSI_SYSTEM] = "psi_system",
	[SYMBOL_PANIC_ON_OOM] = "sysctl_panic_on_oom",
	[SYMBOL_OOM_KILL_ALLOCATING_TASK] = "sysctl_oom_kill_allocating_task",
	[SYMBOL_OOM_DUMP_TASKS] = "sysctl_oom_dump_tasks",
	[SYMBOL_OVERCOMMIT_MEMORY] = "sysctl_overcommit_memory",
};

static void *run(void *argument)
{
	struct address_search *search = argument;

	search->error = kallsyms_find(search->symbols, KERNEL_SYMBOLS,
				      search->functions ? functions_add : NULL, search->functions);
	if (search->functions && !search->error) {
		functions_seal(search->functions);
	} else {
		functions_free(search->functions);
		search->functions = NULL;
	}
	return NULL;
}

/* /proc/kallsyms is read, beside everything else. */
static void begin_reading(struct address_search *search)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	search->running = !pthread_create(&search->thread, &attributes, run, search);
	pthread_attr_destroy(&attributes);
	if (!search->running)
		run(search);
}

/* Who names what lies at an address knows where that ends. */
static void find_ends(struct address_search *search)
{
	for (size_t i = 0; i < KERNEL_SYMBOLS; i++) {
		struct symbol *symbol = &search->symbols[i];
		struct named named;

		if (symbol->begin && namer_name(search->namer, symbol->begin, &named) &&
		    named.begin == symbol->begin)
			symbol->end = named.end;
	}
}

void addresses_begin(struct address_search *search, const struct btf_index *index, bool functions)
{
	bool found = false;

	for (size_t i = 0; i < KERNEL_SYMBOLS; i++)
		search->symbols[i] = (struct symbol){.name = names[i]};
	search->namer = namer_new(index);
	if (search->namer) {
		search->error = finder_find(index, search->symbols, KERNEL_SYMBOLS);
		found = !search->error;
	}
	if (found)
		find_ends(search);
	else if (functions && !search->namer)
		search->functions = functions_new();
	/* Hidden from the one, hidden from the other; but names may be there without addresses. */
	if (!found && (search->error != -EPERM || search->functions))
		begin_reading(search);
	if (!functions) {
		namer_free(search->namer);
		search->namer = NULL;
	}
}

void addresses_wait(struct address_search *search)
{
	if (search->running)
		pthread_join(search->thread, NULL);
	search->running = false;
}

void addresses_copy(const struct address_search *search, struct addresses *ret_addresses)
{
	for (size_t i = 0; i < KERNEL_SYMBOLS; i++)
		ret_addresses->symbols[i] = (struct text_range){
			.begin = search->symbols[i].begin,
			.end = search->symbols[i].end,
		};
}

void addresses_missing(const struct address_search *search, char *ret_text, size_t size)
{
	size_t len = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < KERNEL_SYMBOLS && len < size; i++) {
		if (!search->symbols[i].begin)
			len += snprintf(ret_text + len, size - len, "%s%s", len ? ", " : "",
					search->symbols[i].name);
	}
}
