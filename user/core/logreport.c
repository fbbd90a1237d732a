// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/logreport.h"

#include <string.h>

#include "core/text.h"

void logreport_begin(struct logreport *report, const struct logprefix *prefix)
{
	struct logreport begun = {
		.used = true,
		.at = *prefix,
		.last = *prefix,
		.rows = report->rows,
		.max_rows = report->max_rows,
		.victims = report->victims,
		.order = report->order,
		.invoker_uid = WIRE_NONE_U32,
		.summary_uid = WIRE_NONE_U32,
		.panic_on_oom = WIRE_NONE_U32,
		.constraint = CONSTRAINT_UNKNOWN,
	};

	klog_memory_init(&begun.memory);
	*report = begun;
}

/* The whole of @span, or nothing. */
static bool copy(char *ret_text, size_t size, struct span span)
{
	if (!span.at || span.len >= size || memchr(span.at, '\0', span.len)) {
		ret_text[0] = '\0';
		return false;
	}
	text_copy(ret_text, size, span.at, span.len);
	return true;
}

static void take_nodes(struct logreport *report, const struct logline *line)
{
	if (!line->mems_allowed.at || report->has_cpuset)
		return;
	report->has_cpuset =
		copy(report->mems_allowed, sizeof(report->mems_allowed), line->mems_allowed) &&
		copy(report->cpuset, sizeof(report->cpuset), line->cpuset);
}

void logreport_header(struct logreport *report, const struct logline *line)
{
	report->has_header = true;
	report->gfp_mask = line->gfp_mask;
	report->has_order = line->has_order;
	report->order_asked = line->order;
	report->sysrq |= line->has_order && line->order == -1;
	copy(report->gfp_text, sizeof(report->gfp_text), line->gfp_text);
	copy(report->invoker_comm, sizeof(report->invoker_comm), line->comm);
	copy(report->nodemask, sizeof(report->nodemask), line->nodemask);
}

bool logreport_is_invoker(const struct logreport *report, struct span comm)
{
	return report->has_header && comm.len == strlen(report->invoker_comm) &&
	       !memcmp(comm.at, report->invoker_comm, comm.len);
}

/*
 * The lines behind the header are of somebody else than it names: one of a report that was cut may
 * stand before another's, or a warning between them. Whose header it is cannot be told.
 */
static void doubt_header(struct logreport *report)
{
	report->has_header = report->has_order = report->sysrq = false;
	report->gfp_text[0] = report->invoker_comm[0] = report->nodemask[0] = '\0';
	report->damaged++;
}

static void take_cpu(struct logreport *report, const struct logline *line)
{
	if (report->has_cpu || !report->has_header)
		return;
	if (!logreport_is_invoker(report, line->comm)) {
		doubt_header(report);
		return;
	}
	report->has_cpu = true;
	report->invoker_tid = line->pid;
	report->invoker_uid = line->uid;
	copy(report->release, sizeof(report->release), line->release);
}

/*
 * Of a summary's two paths, where names hold its words, the one that the stats were of, and what is
 * behind it. Neither where those do not tell it.
 */
static void settle_memcg(const struct logreport *report, struct logline *line)
{
	const char *key = ",task_memcg=";
	size_t len = strlen(report->stats_memcg);
	struct span both = {line->oom_memcg.at, 0}, oom = {both.at, len}, rest = both;

	if (line->task_memcg.at)
		both.len = (size_t)(line->task_memcg.at + line->task_memcg.len - both.at);
	line->oom_memcg = line->task_memcg = (struct span){NULL, 0};
	if (!len || both.len <= len || memcmp(both.at, report->stats_memcg, len) != 0)
		return;
	rest = (struct span){both.at + len, both.len - len};
	if (!span_take(&rest, key))
		return;
	line->oom_memcg = oom;
	line->task_memcg = rest;
}

static void take_summary(struct logreport *report, const struct logline *summary)
{
	struct logline settled = *summary;
	const struct logline *line = &settled;

	if (settled.has_doubt)
		settle_memcg(report, &settled);
	report->has_summary = true;
	report->constraint = line->constraint;
	report->summary_pid = line->pid;
	report->summary_uid = line->uid;
	report->has_summary_comm =
		copy(report->summary_comm, sizeof(report->summary_comm), line->comm);
	report->has_memcg |= copy(report->oom_memcg, sizeof(report->oom_memcg), line->oom_memcg);
	report->has_task_memcg |=
		copy(report->task_memcg, sizeof(report->task_memcg), line->task_memcg);
	if (!report->nodemask[0])
		copy(report->nodemask, sizeof(report->nodemask), line->nodemask);
	take_nodes(report, line);
}

static void take_task_in(struct logreport *report, const struct logline *line)
{
	report->has_memcg |= copy(report->oom_memcg, sizeof(report->oom_memcg), line->oom_memcg);
	report->has_task_memcg |=
		copy(report->task_memcg, sizeof(report->task_memcg), line->task_memcg);
}

static void take_victim(struct logreport *report, const struct logline *line)
{
	struct logreport_victim *victim = &report->victims[report->n_victims];

	if (report->n_victims == EPISODE_VICTIMS) {
		report->victims_over++;
		return;
	}
	*victim = (struct logreport_victim){
		.pid = line->pid,
		.uid = line->uid,
		.has_adj = line->has_oom_score_adj,
		.adj = line->oom_score_adj,
		.total_vm_kib = line->total_vm_kib,
		.anon_kib = line->anon_kib,
		.file_kib = line->file_kib,
		.shmem_kib = line->shmem_kib,
		.pgtables_kib = line->pgtables_kib,
	};
	victim->has_comm = copy(victim->comm, sizeof(victim->comm), line->comm);
	if (line->kind == LOGLINE_SHARER)
		victim->killed_as = KILLED_AS_SHARED_MM;
	else if (report->n_victims)
		victim->killed_as = KILLED_AS_GROUP;
	else if (line->cause)
		report->cause = line->cause;
	report->n_victims++;
}

void logreport_add(struct logreport *report, const struct logline *line)
{
	report->damaged += line->damaged;
	switch (line->kind) {
	case LOGLINE_CPUSET:
		if (report->has_header && !logreport_is_invoker(report, line->comm))
			doubt_header(report);
		else
			take_nodes(report, line);
		break;
	case LOGLINE_CPU:
		take_cpu(report, line);
		break;
	case LOGLINE_TASK_IN:
		take_task_in(report, line);
		break;
	case LOGLINE_TABLE:
		report->has_table = report->past_stack = true;
		report->table = line->table;
		break;
	case LOGLINE_SUMMARY:
		take_summary(report, line);
		break;
	case LOGLINE_CHOICE:
		report->has_choice = true;
		report->cause = line->cause;
		report->choice_pid = line->pid;
		/* Nobody was scored where the one who asks dies: what is printed is 0. */
		report->has_score = line->has_score && line->cause != LOGLINE_CAUSE_ALLOCATING_TASK;
		report->score = line->score;
		break;
	case LOGLINE_KILLED:
	case LOGLINE_EXITING:
	case LOGLINE_SHARER:
		take_victim(report, line);
		break;
	case LOGLINE_GROUP:
		report->group = true;
		copy(report->group_memcg, sizeof(report->group_memcg), line->oom_memcg);
		break;
	case LOGLINE_NOBODY:
		report->no_kill = NO_KILL_NOTHING_KILLABLE;
		break;
	case LOGLINE_PANIC:
		report->no_kill = NO_KILL_PANIC;
		report->panic_on_oom = line->compulsory ? 2 : 1;
		break;
	default:
		break;
	}
}

static uint64_t bytes_of(uint64_t kib)
{
	uint64_t bytes;

	return __builtin_mul_overflow(kib, 1024, &bytes) ? BYTES_UNKNOWN : bytes;
}

/* " min:88kB": the word that @key begins, in bytes */
static uint64_t zone_word(struct span text, const char *key)
{
	const char *at = span_find(text, key);
	struct span rest;
	uint64_t kib;

	if (!at)
		return BYTES_UNKNOWN;
	rest.at = at + strlen(key);
	rest.len = (size_t)(text.at + text.len - rest.at);
	return span_take_u64(&rest, &kib) && span_begins(rest, "kB") &&
			       (rest.len == 2 || rest.at[2] == ' ')
		       ? bytes_of(kib)
		       : BYTES_UNKNOWN;
}

/* "Node 0 ", which kernels without NUMA leave out */
static void take_node(struct span *text, struct logreport *report, uint32_t *ret_node)
{
	uint64_t node = 0;

	if (span_take(text, "Node ") && span_take_u64(text, &node))
		span_take(text, " ");
	report->many_nodes |= node > 0;
	*ret_node = (uint32_t)node;
}

/* "DMA32", "Normal", "HighMem", "Movable", "Device" */
static bool take_zone_name(struct span *text, struct span *ret_name)
{
	static const char *const names[] = {"DMA32",   "DMA",     "Normal",
					    "HighMem", "Movable", "Device"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*ret_name = *text;
		if (span_take(text, names[i])) {
			ret_name->len = strlen(names[i]);
			return true;
		}
	}
	return false;
}

/* "Node 0 DMA free:15360kB boost:0kB min:88kB low:108kB high:128kB ... managed:15360kB ..." */
static bool take_zone(struct logreport *report, struct span text)
{
	struct zone zone = {.node = 0};
	struct span name;

	take_node(&text, report, &zone.node);
	if (!take_zone_name(&text, &name) || !span_begins(text, " free:"))
		return false;
	report->has_zones = true;
	if (report->n_zones == WIRE_ZONES) {
		report->zones_cut = true;
		return true;
	}
	for (uint32_t i = 0; i < report->n_zones; i++) {
		if (report->zones[i].node == zone.node &&
		    strlen(report->zones[i].name) == name.len &&
		    span_begins(name, report->zones[i].name))
			return true;
	}
	text_copy(zone.name, sizeof(zone.name), name.at, name.len);
	zone.free_bytes = zone_word(text, " free:");
	zone.min_bytes = zone_word(text, " min:");
	zone.low_bytes = zone_word(text, " low:");
	zone.high_bytes = zone_word(text, " high:");
	zone.managed_bytes = zone_word(text, " managed:");
	report->zones[report->n_zones++] = zone;
	return true;
}

/* "Node 0 DMA: 1*4kB (U) 2*8kB (U) ...": the smallest blocks of the buddy allocator are pages */
static bool take_buddies(struct logreport *report, struct span text)
{
	uint64_t blocks, kib;
	uint32_t node;
	struct span name;

	take_node(&text, report, &node);
	if (!take_zone_name(&text, &name) || !span_take(&text, ": ") ||
	    !span_take_u64(&text, &blocks) || !span_take(&text, "*") ||
	    !span_take_u64(&text, &kib) || !span_take(&text, "kB"))
		return false;
	if (kib >= 4 && kib <= 64 && !(kib & (kib - 1)))
		report->order0_bytes = kib * 1024;
	return true;
}

/* Whether a row of @pid has come; it has now. Most are told by their bit alone. */
static bool is_listed(struct logreport *report, uint32_t pid)
{
	uint64_t *word = &report->listed[pid / 64 % LOGREPORT_LISTED], bit = 1ULL << pid % 64;
	bool seen = *word & bit;

	*word |= bit;
	for (uint32_t i = 0; seen && i < report->n_rows; i++) {
		if (report->rows[i].pid == pid)
			return true;
	}
	return false;
}

static bool take_row(struct logreport *report, struct span text)
{
	struct logline_row row;
	struct logreport_row *to;
	bool damaged;

	if (!logline_row(text, &report->table, &row, &damaged)) {
		report->damaged += damaged;
		return damaged;
	}
	/* A log that two ways lead to has each line twice, not always one behind the other. */
	if (is_listed(report, row.pid))
		return true;
	if (report->n_rows == report->max_rows) {
		report->rows_over++;
		return true;
	}
	to = &report->rows[report->n_rows++];
	memset(to, 0, sizeof(*to));
	to->pid = row.pid;
	to->has = row.has;
	to->tgid = (uint32_t)row.values[COLUMN_TGID];
	to->uid = row.has & 1U << COLUMN_UID ? (uint32_t)row.values[COLUMN_UID] : WIRE_NONE_U32;
	to->total_vm = (uint64_t)row.values[COLUMN_TOTAL_VM];
	to->rss = (uint64_t)row.values[COLUMN_RSS];
	to->rss_anon = (uint64_t)row.values[COLUMN_RSS_ANON];
	to->rss_file = (uint64_t)row.values[COLUMN_RSS_FILE];
	to->rss_shmem = (uint64_t)row.values[COLUMN_RSS_SHMEM];
	to->swap = (uint64_t)row.values[COLUMN_SWAPENTS];
	to->pgtables =
		row.has & 1U << COLUMN_PGTABLES_BYTES
			? (uint64_t)row.values[COLUMN_PGTABLES_BYTES]
			: (uint64_t)(row.values[COLUMN_NR_PTES] + row.values[COLUMN_NR_PMDS] +
				     row.values[COLUMN_NR_PUDS]);
	to->adj = (int32_t)row.values[row.has & 1U << COLUMN_OOM_SCORE_ADJ ? COLUMN_OOM_SCORE_ADJ
									   : COLUMN_OOM_ADJ];
	copy(to->comm, sizeof(to->comm), row.comm);
	return true;
}

static bool is_name(struct span name, const char *text)
{
	return name.len == strlen(text) && span_begins(name, text);
}

/*
 * Who traced out_of_memory(): its program and trampoline, and, above them, the function itself once
 * more, which the trampoline calls.
 */
static bool is_trampoline(const struct logreport *report, struct span name)
{
	return span_begins(name, "bpf_") ||
	       (report->stack_len == 1 && is_name(name, report->stack[0]));
}

/* The stack from out_of_memory() outwards: what is above it is the report's own doing. */
static bool take_frame(struct logreport *report, struct span text)
{
	struct span name;
	size_t room = sizeof(report->stack_text) - report->stack_used;

	if (!logline_frame(text, &name))
		return false;
	if (report->stack_ended || report->stack_len == WIRE_STACK_LEN || name.len >= room)
		return true;
	if (!report->stack_len && !is_name(name, "out_of_memory") &&
	    !span_begins(name, "out_of_memory.")) /* a part that the compiler made of it */
		return true;
	if (is_trampoline(report, name))
		return true;
	report->stack[report->stack_len++] = report->stack_text + report->stack_used;
	report->stack_used +=
		text_copy(report->stack_text + report->stack_used, room, name.at, name.len) + 1;
	return true;
}

/* Registers that only x86 has, whose pages are of 4 KiB. */
static bool take_registers(struct logreport *report, struct span text)
{
	if (!span_begins(text, "RIP: 00") && !span_begins(text, "RAX: ") &&
	    !span_begins(text, "EIP: 00"))
		return false;
	report->is_x86 = true;
	report->stack_ended |= report->stack_len > 0;
	return true;
}

/*
 * "Memory cgroup stats for /a:". Fact: mem_cgroup_print_oom_meminfo() of mm/memcontrol.c has the
 * memcg whose limit was met, also where no victim tells of it; until 5.2 its descendants follow,
 * each with its counters behind the colon.
 */
static void take_stats_path(struct logreport *report, struct span text)
{
	struct span path;
	const char *end;

	if (report->stats_memcg[0] || !span_take(&text, "Memory cgroup stats for ") ||
	    !span_begins(text, "/"))
		return;
	end = span_find_last(text, ": cache:");
	if (end)
		path = (struct span){text.at, (size_t)(end - text.at)};
	else if (!span_next(&text, '\n', &path, NULL) || !span_drop(&path, ":"))
		return;
	copy(report->stats_memcg, sizeof(report->stats_memcg), path);
}

bool logreport_text(struct logreport *report, struct span text)
{
	if (report->has_summary || report->has_choice) /* all else comes before these */
		return false;
	if (report->has_table) {
		if (take_row(report, text))
			return true;
		return false;
	}
	if (span_begins(text,
			"Node ")) { /* per zone, per node, per list: any of these lines tells */
		struct span rest = text;
		uint32_t node;

		take_node(&rest, report, &node);
	}
	if (take_frame(report, text) || take_registers(report, text))
		return true;
	if (take_zone(report, text) || take_buddies(report, text)) {
		report->past_stack = true;
		return true;
	}
	if (!klog_memory_feed_count(&report->memory, text)) {
		if (!klog_memory_wants(text))
			return false;
		take_stats_path(report, text);
		klog_memory_feed(&report->memory, text);
	}
	report->past_stack = true;
	return true;
}

/*
 * Fact: of a process whose first thread has gone, dump_oom_summary() names that thread in 5.10, and
 *       __oom_kill_process() the one that has the memory. The table has both.
 */
bool logreport_is_chosen(const struct logreport *report, const struct logline *line)
{
	if (line->pid == report->summary_pid)
		return true;
	for (uint32_t i = 0; i < report->n_rows; i++) {
		if (report->rows[i].pid == line->pid)
			return report->rows[i].tgid == report->summary_pid;
	}
	/* Without the row, by name and user. */
	return report->has_summary_comm && line->uid == report->summary_uid &&
	       line->comm.len == strlen(report->summary_comm) &&
	       !memcmp(line->comm.at, report->summary_comm, line->comm.len);
}

bool logreport_lists(const struct logreport *report, uint32_t pid)
{
	for (uint32_t i = 0; i < report->n_rows; i++) {
		if (report->rows[i].pid == pid || report->rows[i].tgid == pid)
			return true;
	}
	return false;
}
