// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/klog_memory.h"

#include <string.h>

static const char stats_begin[] = "Memory cgroup stats for /";
static const char stats_end[] = "Tasks state (memory values";

/*
 * The keys of memory.stat. Those of version 1 are of the memcg alone; with total_ before them its
 * descendants are counted too, which is what a limit is about.
 */
static const struct key {
	const char *name;
	uint8_t use;
	bool v1;
} keys[] = {
	{"anon", USE_ANON, false},
	{"file", USE_FILE, false},
	{"shmem", USE_SHMEM, false},
	{"swapcached", USE_SWAPCACHED, false},
	{"kernel", USE_KERNEL, false},
	{"slab_reclaimable", USE_SLAB_RECLAIMABLE, false},
	{"slab_unreclaimable", USE_SLAB_UNRECLAIMABLE, false},
	{"kernel_stack", USE_KERNEL_STACK, false},
	{"pagetables", USE_PAGE_TABLES, false},
	{"sec_pagetables", USE_SEC_PAGE_TABLES, false},
	{"percpu", USE_PERCPU, false},
	{"sock", USE_SOCK, false},
	{"vmalloc", USE_VMALLOC, false},
	{"zswap", USE_ZSWAP, false},
	{"hugetlb", USE_HUGETLB, false},
	{"total_rss", USE_ANON, true},
	{"total_cache", USE_FILE, true},
	{"total_shmem", USE_SHMEM, true},
	{"total_swapcached", USE_SWAPCACHED, true},
};

/* Of the machine, in pages, in the record that begins with active_anon. */
static const struct key page_keys[] = {
	{"slab_reclaimable", USE_SLAB_RECLAIMABLE, false},
	{"slab_unreclaimable", USE_SLAB_UNRECLAIMABLE, false},
	{"shmem", USE_SHMEM, false},
	{"pagetables", USE_PAGE_TABLES, false},
	{"sec_pagetables", USE_SEC_PAGE_TABLES, false},
};

#define KEYS(table) (sizeof(table) / sizeof((table)[0]))

static const struct key *key_of(const struct key *table, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(table[i].name) == name.len && span_begins(name, table[i].name))
			return &table[i];
	}
	return NULL;
}

/* The first word of a report about something holds, whatever is printed between its lines. */
static void note(uint64_t *value, uint64_t bytes)
{
	if (*value == BYTES_UNKNOWN)
		*value = bytes;
}

static uint64_t kib(uint64_t value)
{
	uint64_t bytes;

	return __builtin_mul_overflow(value, 1024, &bytes) ? UINT64_MAX - 1 : bytes;
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* "key 123"; *@ret_name is the key whether or not anybody wants it. */
static bool split_stat(struct span line, struct span *ret_name, uint64_t *ret_value)
{
	struct span name;

	if (!span_next(&line, ' ', &name, NULL) || !name.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!is_key_char(name.at[i]))
			return false;
	}
	if (!span_take_u64(&line, ret_value) || line.len)
		return false;
	*ret_name = name;
	return true;
}

/* Whether @line is what may be left of "key 123". */
static bool is_cut_stat(struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (!is_key_char(line.at[i]) && line.at[i] != ' ')
			return false;
	}
	return true;
}

/*
 * Whether @text is lines of a memory.stat and nothing else. Until 6.4 they are one record, which
 * is cut where it is too long: then the last line may be half a line, and is never looked at.
 */
static bool is_stats(struct span text)
{
	struct span line, name;
	uint64_t value;
	bool ended;

	if (!text.len)
		return false;
	for (size_t lines = 0; span_next(&text, '\n', &line, &ended); lines++) {
		if (!split_stat(line, &name, &value))
			return lines && !ended && is_cut_stat(line);
	}
	return true;
}

/*
 * Fact: memory_stat_format() (mm/memcontrol.c) of 5.10 and 6.1 prints the keys of version 2, "anon"
 *       first and all of the tree, for a hierarchy of version 1 too; 6.18 those of version 1, which
 *       have no such key.
 */
static void take_stats(struct klog_memory *memory, struct span text)
{
	struct span line, name;
	uint64_t value;
	bool ended;

	for (size_t lines = 0; span_next(&text, '\n', &line, &ended); lines++) {
		const struct key *key;

		if ((lines && !ended) || !split_stat(line, &name, &value))
			return;
		key = key_of(keys, KEYS(keys), name);
		if (!key)
			continue;
		memory->is_tree |= key->use == USE_ANON && !key->v1;
		if (key->v1 && !memory->is_v1) { /* what came before was of the memcg alone */
			memory->is_v1 = true;
			memset(memory->memcg_use, 0xff, sizeof(memory->memcg_use));
		}
		if (key->v1 == (memory->is_v1 && !memory->is_tree))
			note(&memory->memcg_use[key->use], value);
	}
}

/* "usage 5kB, limit 6kB, failcnt 7" */
static bool split_counter(struct span line, struct klog_counter *ret_counter)
{
	uint64_t usage, limit, failcnt;

	if (!span_take(&line, "usage ") || !span_take_u64(&line, &usage) ||
	    !span_take(&line, "kB, limit ") || !span_take_u64(&line, &limit) ||
	    !span_take(&line, "kB, failcnt ") || !span_take_u64(&line, &failcnt) || line.len)
		return false;
	*ret_counter = (struct klog_counter){kib(usage), kib(limit)};
	return true;
}

static void note_counter(struct klog_counter *counter, struct klog_counter read)
{
	note(&counter->usage, read.usage);
	note(&counter->limit, read.limit);
}

/*
 * Fact: until 5.2 the counters of version 1 are printed for version 2 as well, which does not count
 *       in them, nor does version 1 without swap accounting (swapaccount=0).
 * So:   0 beside memory that is in use is a counter that nobody keeps.
 */
static bool is_counted(const struct klog_memory *memory, struct klog_counter counter)
{
	return counter.usage || !memory->memory.usage;
}

static bool take_counter(struct klog_memory *memory, struct span line)
{
	struct klog_counter counter;
	struct span rest = line;

	if (span_take(&rest, "memory: ") && split_counter(rest, &counter)) {
		note_counter(&memory->memory, counter);
	} else if (span_take(&rest, "swap: ") && split_counter(rest, &counter)) {
		note_counter(&memory->swap, counter);
	} else if (span_take(&rest, "memory+swap: ") && split_counter(rest, &counter)) {
		memory->is_v1 = true;
		if (is_counted(memory, counter))
			note_counter(&memory->swap, counter);
	} else if (span_take(&rest, "kmem: ") && split_counter(rest, &counter)) {
		memory->is_v1 = true;
		if (is_counted(memory, counter))
			note(&memory->memcg_use[USE_KERNEL], counter.usage);
	} else {
		return false;
	}
	return true;
}

/* "Total swap = 5kB" and the like: @prefix, a number, @suffix and no more. */
static bool split_number(struct span line, const char *prefix, const char *suffix,
			 uint64_t *ret_value)
{
	uint64_t value;

	if (!span_take(&line, prefix) || !span_take_u64(&line, &value) ||
	    !span_take(&line, suffix) || line.len)
		return false;
	*ret_value = value;
	return true;
}

static bool take_machine(struct klog_memory *memory, struct span line)
{
	uint64_t value;

	if (split_number(line, "Total swap = ", "kB", &value))
		note(&memory->swap_total, kib(value));
	else if (split_number(line, "Free swap  = ", "kB", &value))
		note(&memory->swap_free, kib(value));
	else if (split_number(line, "", " pages RAM", &value))
		note(&memory->pages_present, value);
	else if (split_number(line, "", " pages reserved", &value))
		note(&memory->pages_reserved, value);
	else if (split_number(line, "", " total pagecache pages", &value))
		note(&memory->pages_use[USE_FILE], value);
	else if (split_number(line, "", " pages in swap cache", &value))
		note(&memory->pages_use[USE_SWAPCACHED], value);
	else
		return false;
	return true;
}

static bool is_pages(struct span text)
{
	return span_begins(text, "active_anon:") && span_find(text, " free:") &&
	       span_find(text, " free_pcp:");
}

/* "free:755", a count of Mem-Info. */
static void take_count(struct klog_memory *memory, struct span word)
{
	const struct key *key;
	struct span name;
	uint64_t value;

	if (!span_next(&word, ':', &name, NULL) || !span_take_u64(&word, &value) || word.len)
		return;
	key = key_of(page_keys, KEYS(page_keys), name);
	if (key)
		note(&memory->pages_use[key->use], value);
	else if (name.len == 4 && span_begins(name, "free"))
		note(&memory->pages_free, value);
}

/* "active_anon:2 inactive_anon:5 ...\n ... free:755 free_pcp:132 free_cma:0" */
static void take_pages(struct klog_memory *memory, struct span text)
{
	struct span line, word;
	bool ended, line_ended;

	while (span_next(&text, '\n', &line, &line_ended)) {
		while (span_next(&line, ' ', &word, &ended)) {
			if (!ended && !line_ended) /* it may have been cut */
				return;
			take_count(memory, word);
		}
	}
}

void klog_memory_init(struct klog_memory *memory)
{
	memset(memory, 0xff, sizeof(*memory));
	memory->in_stats = memory->is_v1 = memory->is_tree = memory->in_pages = false;
	memory->stat_lines = 0;
}

bool klog_memory_wants(struct span text)
{
	struct klog_memory memory;
	struct span first = text, line, name;
	uint64_t value;

	if (span_begins(text, stats_begin) || span_begins(text, stats_end) || is_pages(text))
		return true;
	if (is_stats(text))
		return span_next(&first, '\n', &line, NULL) && split_stat(line, &name, &value) &&
		       key_of(keys, KEYS(keys), name);
	klog_memory_init(&memory);
	return take_counter(&memory, text) || take_machine(&memory, text);
}

/*
 * Fact: the counts of Mem-Info are one record of several lines, which a log of lines has one by
 * one. They began with "Active:" until 2.6.27, then with "active_anon:". So:   from such a line on,
 * and as long as lines are pairs of a word and a number.
 */
bool klog_memory_feed_count(struct klog_memory *memory, struct span text)
{
	struct span line = text, word, name;
	uint64_t value;

	while (span_take(&line, " "))
		;
	if (span_find(line, "\n"))
		return false;
	if (span_begins(line, "active_anon:") || span_begins(line, "Active:"))
		memory->in_pages = true;
	if (!memory->in_pages)
		return false;
	word = line;
	memory->in_pages = span_next(&word, ':', &name, NULL) && span_take_u64(&word, &value) &&
			   (!word.len || word.at[0] == ' ');
	if (!memory->in_pages)
		return false;
	while (span_next(&line, ' ', &word, NULL))
		take_count(memory, word);
	return true;
}

static void add(uint64_t *sum, uint64_t bytes)
{
	if (*sum == BYTES_UNKNOWN)
		*sum = bytes;
	else if (__builtin_add_overflow(*sum, bytes, sum) || *sum == BYTES_UNKNOWN)
		*sum = UINT64_MAX - 1;
}

/*
 * "/a: cache:188KB rss:1048388KB ...": until 5.2 each memcg of the tree has one, of its own alone.
 * What the tree has is the sum of all.
 */
static void take_stat_line(struct klog_memory *memory, struct span text)
{
	static const struct key own_keys[] = {
		{"cache", USE_FILE, false},
		{"rss", USE_ANON, false},
		{"shmem", USE_SHMEM, false},
	};
	const char *at = span_find_last(text, ": cache:");
	struct span word, name;
	uint64_t value;

	if (!at)
		return;
	memory->stat_lines++;
	at += 2;
	text = (struct span){at, (size_t)(text.at + text.len - at)};
	while (span_next(&text, ' ', &word, NULL)) {
		const struct key *key;

		if (!span_next(&word, ':', &name, NULL) || !span_take_u64(&word, &value) ||
		    word.len != 2 || !span_begins(word, "KB"))
			continue;
		key = key_of(own_keys, KEYS(own_keys), name);
		if (key)
			add(&memory->memcg_use[key->use], kib(value));
	}
}

void klog_memory_feed(struct klog_memory *memory, struct span text)
{
	if (span_begins(text, stats_begin) && span_find(text, ": cache:"))
		take_stat_line(memory, text);
	else if (span_begins(text, stats_begin))
		memory->in_stats = true;
	else if (span_begins(text, stats_end))
		memory->in_stats = false;
	else if (is_pages(text))
		take_pages(memory, text);
	else if (memory->in_stats && is_stats(text))
		take_stats(memory, text);
	else if (!take_counter(memory, text))
		take_machine(memory, text);
}
