// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which release chose how. Each row was read in mm/oom_kill.c of the release it names, or of one
 * it held in; docs/RULES.md says where, and what was taken from a patch instead.
 */
#include "core/rules.h"

#include <string.h>

#include "core/release.h"

#define BADNESS_2_6_0  (RULE_ROOT_UID | RULE_PER_THREAD)
#define BADNESS_2_6_11 (BADNESS_2_6_0 | RULE_SHIFT | RULE_FIRST_AT_LEAST)
#define BADNESS_2_6_12 (BADNESS_2_6_11 | RULE_DISABLE)
#define BADNESS_2_6_16 (BADNESS_2_6_12 | RULE_CHILDREN_HALF)
#define BADNESS_2_6_20 (BADNESS_2_6_16 | RULE_SHIFT_FROM_ONE | RULE_SPARES_CHILD)
#define BADNESS_2_6_25 ((BADNESS_2_6_20 & ~RULE_ROOT_UID) | RULE_CAP_RESOURCE | RULE_MEMCG)
#define BADNESS_2_6_32 (BADNESS_2_6_25 & ~RULE_PER_THREAD)

#define PERMILLE_3_2    (RULE_DISABLE | RULE_MEMCG | RULE_MIN_ONE | RULE_PTES)
#define PERMILLE_2_6_39 (PERMILLE_3_2 | RULE_DISABLE_SHARED | RULE_INT)
#define PERMILLE_2_6_37 (PERMILLE_2_6_39 & ~RULE_PTES)
#define PERMILLE_2_6_36 (PERMILLE_2_6_37 & ~RULE_DISABLE_SHARED)

#define PAGES_BASE (RULE_DISABLE | RULE_MEMCG)
#define PAGES_3_5  (PAGES_BASE | RULE_MIN_ONE | RULE_PTES | RULE_SELECT_U32 | RULE_ROOT_30)
#define PAGES_3_6  (PAGES_3_5 | RULE_MEMCG_SCAN)
#define PAGES_3_14 ((PAGES_3_6 & ~RULE_ROOT_30) | RULE_ROOT_SHARE)
#define PAGES_4_7  (PAGES_3_14 | RULE_PASSES_VFORK)
#define PAGES_4_9  (PAGES_4_7 & ~RULE_SELECT_U32)
#define PAGES_4_15 ((PAGES_4_9 & ~RULE_PTES) | RULE_PAGE_TABLES)
#define PAGES_4_17 (PAGES_4_15 & ~RULE_ROOT_SHARE)
#define PAGES_5_3  (PAGES_4_17 | RULE_LAST_WINS)
#define PAGES_5_9  ((PAGES_5_3 & ~RULE_MIN_ONE) | RULE_SIGNED)

#define ROW(name_, a, b, c, family_, child_, cpuset_, origin_, rss_, traits_, words_)              \
	{                                                                                          \
		.name = (name_), .words = (words_), .since = {(a), (b), (c)}, .family = (family_), \
		.child = (child_), .cpuset = (cpuset_), .origin = (origin_), .rss = (rss_),        \
		.traits = (traits_)                                                                \
	}

/* clang-format off */
static const struct rule goodness = ROW("2.4-goodness", 2, 4, 0, RULE_GOODNESS, CHILD_SPARED,
	CPUSET_NOT_ASKED, ORIGIN_NOT_ASKED, RSS_UNKNOWN, 0,
	"what the scheduler of 2.4 runs next: no OOM rule, and without the ticks that are left");

static const struct rule current = ROW("current", 5, 9, 0, RULE_PAGES, CHILD_SPARED,
	CPUSET_GLOBAL, ORIGIN_SELECT, RSS_UNKNOWN, PAGES_5_9,
	"resident memory, swap and page tables in pages, and oom_score_adj thousandths of what "
	"there is");

static const struct rule table[] = {
	ROW("2.4", 2, 4, 0, RULE_BADNESS, CHILD_SPARED, CPUSET_NOT_ASKED, ORIGIN_NOT_ASKED,
	    RSS_UNKNOWN, RULE_INT | RULE_ROUGH_ROOT | RULE_INIT | BADNESS_2_6_0,
	    "virtual size, divided by the roots of CPU time and age; nice doubles, root and raw "
	    "input/output divide by 4"),
	ROW("2.6.0", 2, 6, 0, RULE_BADNESS, CHILD_SPARED, CPUSET_NOT_ASKED, ORIGIN_NOT_ASKED,
	    RSS_UNKNOWN, RULE_INT | RULE_INIT | BADNESS_2_6_0, "exact roots"),
	ROW("2.6.9", 2, 6, 9, RULE_BADNESS, CHILD_SPARED, CPUSET_NOT_ASKED, ORIGIN_NOT_ASKED,
	    RSS_UNKNOWN, RULE_INIT | BADNESS_2_6_0, "points are an unsigned long, age in seconds"),
	ROW("2.6.11", 2, 6, 11, RULE_BADNESS, CHILD_FIRST, CPUSET_NOT_ASKED, ORIGIN_AT_ONCE,
	    RSS_UNKNOWN, RULE_CHILDREN_WHOLE | BADNESS_2_6_11,
	    "children's virtual size added, oom_adj shifts, a child dies first"),
	ROW("2.6.12", 2, 6, 12, RULE_BADNESS, CHILD_FIRST, CPUSET_SKIPS, ORIGIN_AT_ONCE,
	    RSS_UNKNOWN, RULE_CHILDREN_WHOLE | BADNESS_2_6_12, "oom_adj -17 protects"),
	ROW("2.6.16", 2, 6, 16, RULE_BADNESS, CHILD_FIRST, CPUSET_SKIPS, ORIGIN_AT_ONCE,
	    RSS_UNKNOWN, BADNESS_2_6_16, "half of each child's virtual size"),
	ROW("2.6.19", 2, 6, 19, RULE_BADNESS, CHILD_FIRST, CPUSET_EIGHTH, ORIGIN_MAX, RSS_UNKNOWN,
	    BADNESS_2_6_16, "tasks on other memory nodes count an eighth"),
	ROW("2.6.20", 2, 6, 20, RULE_BADNESS, CHILD_FIRST, CPUSET_EIGHTH, ORIGIN_MAX, RSS_UNKNOWN,
	    BADNESS_2_6_20, "protected children stay alive"),
	ROW("2.6.25", 2, 6, 25, RULE_BADNESS, CHILD_FIRST, CPUSET_EIGHTH, ORIGIN_MAX, RSS_UNKNOWN,
	    BADNESS_2_6_25, "capabilities instead of uid 0; memory cgroups"),
	ROW("2.6.32", 2, 6, 32, RULE_BADNESS, CHILD_FIRST, CPUSET_EIGHTH, ORIGIN_MAX, RSS_UNKNOWN,
	    BADNESS_2_6_32, "CPU time of the whole process"),
	ROW("2.6.36", 2, 6, 36, RULE_PERMILLE, CHILD_WORST, CPUSET_SKIPS, ORIGIN_1000, RSS_ATOMIC,
	    PERMILLE_2_6_36,
	    "thousandths of memory and swap; root -30; oom_score_adj added; the worst child dies"),
	ROW("2.6.37", 2, 6, 37, RULE_PERMILLE, CHILD_WORST, CPUSET_SKIPS, ORIGIN_1000, RSS_ATOMIC,
	    PERMILLE_2_6_37, "who shares memory with a protected process is protected"),
	ROW("2.6.39", 2, 6, 39, RULE_PERMILLE, CHILD_WORST, CPUSET_SKIPS, ORIGIN_1000, RSS_ATOMIC,
	    PERMILLE_2_6_39, "page tables count; above 8 GiB the points overflow"),
	ROW("3.0", 3, 0, 0, RULE_PERMILLE, CHILD_WORST, CPUSET_SKIPS, ORIGIN_ADJ, RSS_ATOMIC,
	    PERMILLE_2_6_39, "swapoff raises its own oom_score_adj"),
	ROW("3.0.15", 3, 0, 15, RULE_PERMILLE, CHILD_WORST, CPUSET_SKIPS, ORIGIN_ADJ, RSS_ATOMIC,
	    PERMILLE_2_6_39 & ~RULE_INT, "the overflow is mended"),
	ROW("3.1", 3, 1, 0, RULE_PERMILLE, CHILD_WORST, CPUSET_SKIPS, ORIGIN_ADJ, RSS_ATOMIC,
	    PERMILLE_2_6_39, "as 3.0: released before the overflow was mended"),
	ROW("3.2", 3, 2, 0, RULE_PERMILLE, CHILD_WORST, CPUSET_SKIPS, ORIGIN_ADJ, RSS_ATOMIC,
	    PERMILLE_3_2, "no overflow; each process is protected for itself"),
	ROW("3.5", 3, 5, 0, RULE_PAGES, CHILD_WORST, CPUSET_SKIPS, ORIGIN_ADJ, RSS_ATOMIC,
	    PAGES_3_5, "pages instead of thousandths; root's oom_score_adj -30"),
	ROW("3.6", 3, 6, 0, RULE_PAGES, CHILD_WORST, CPUSET_SKIPS, ORIGIN_ADJ, RSS_ATOMIC,
	    PAGES_3_6, "a memory cgroup's own tasks are walked"),
	ROW("3.8", 3, 8, 0, RULE_PAGES, CHILD_WORST, CPUSET_SKIPS, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_3_6, "who runs swapoff is chosen, whatever its points"),
	ROW("3.14", 3, 14, 0, RULE_PAGES, CHILD_WORST, CPUSET_SKIPS, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_3_14, "root has 3 % off its own points"),
	ROW("4.7", 4, 7, 0, RULE_PAGES, CHILD_WORST, CPUSET_SKIPS, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_4_7, "a child in vfork is passed over"),
	ROW("4.9", 4, 9, 0, RULE_PAGES, CHILD_WORST, CPUSET_SKIPS, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_4_9, "points of 64 bits while choosing"),
	ROW("4.15", 4, 15, 0, RULE_PAGES, CHILD_WORST, CPUSET_SKIPS, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_4_15, "page tables of all levels"),
	ROW("4.17", 4, 17, 0, RULE_PAGES, CHILD_WORST, CPUSET_SKIPS, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_4_17, "nothing off for root"),
	ROW("5.1", 5, 1, 0, RULE_PAGES, CHILD_SPARED, CPUSET_SKIPS, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_4_17, "no child dies for its parent"),
	ROW("5.3", 5, 3, 0, RULE_PAGES, CHILD_SPARED, CPUSET_GLOBAL, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_5_3, "of equals the last one scanned"),
	ROW("5.9", 5, 9, 0, RULE_PAGES, CHILD_SPARED, CPUSET_GLOBAL, ORIGIN_SELECT, RSS_ATOMIC,
	    PAGES_5_9, "points may be negative"),
	ROW("6.2", 6, 2, 0, RULE_PAGES, CHILD_SPARED, CPUSET_GLOBAL, ORIGIN_SELECT,
	    RSS_APPROXIMATE, PAGES_5_9, "counters per CPU, read approximately"),
	ROW("7.2", 7, 0, 0, RULE_PAGES, CHILD_SPARED, CPUSET_GLOBAL, ORIGIN_SELECT, RSS_PRECISE,
	    PAGES_5_9, "those counters are summed"),
};
/* clang-format on */

#define RULES (sizeof(table) / sizeof(table[0]))

/* The newest series that was read. */
#define NEWEST_MAJOR 7
#define NEWEST_MINOR 2

const struct rule *rules_current(void)
{
	return &current;
}

const struct rule *rules_all(size_t index)
{
	return index < RULES ? &table[index] : NULL;
}

static const struct rule *rule_by_name(const char *name)
{
	if (!strcmp(name, goodness.name))
		return &goodness;
	for (size_t i = 0; i < RULES; i++) {
		if (!strcmp(name, table[i].name))
			return &table[i];
	}
	return NULL;
}

const struct rule *rules_named(size_t index)
{
	static const char *const names[] = {"2.4-goodness", "2.4", "2.6.11", "2.6.32",
					    "2.6.36",       "3.5", "3.14",   "4.17",
					    "5.9",          "6.2", "7.2"};

	return index < sizeof(names) / sizeof(names[0]) ? rule_by_name(names[index]) : NULL;
}

static const struct rule *rule_of(const struct release *release)
{
	const struct rule *found = &table[0];

	for (size_t i = 0; i < RULES; i++) {
		if (release_compare(release, table[i].since[0], table[i].since[1],
				    table[i].since[2]) >= 0)
			found = &table[i];
	}
	return found;
}

/*
 * Kernels that are known to choose by a later release's rule: Red Hat's 2.6.32 was given the one
 * of 3.0.15, and "mm, oom: make the calculation of oom badness more accurate" (9066e5cfb73c, 5.9)
 * came to 5.4 with 5.4.144. Ubuntu's 5.4.0 says in the number behind it how far it has come:
 * 5.4.0-90 was made of 5.4.148.
 */
static const struct rule *rule_by_backport(const struct release *release)
{
	if (release->el6 && !release_compare(release, 2, 6, 32))
		return rule_by_name("3.0.15");
	if (release->major == 5 && release->minor == 4 &&
	    (release->patch >= 144 || (release->patch == 0 && release->ubuntu_abi >= 90)))
		return rule_by_name("5.9");
	return NULL;
}

enum model_error model_parse(const char *text, struct model *ret_model)
{
	struct model model = {.kind = MODEL_RULE};
	struct release release;

	model.rule = rule_by_name(text);
	if (!strcmp(text, "current")) {
		model.kind = MODEL_CURRENT;
		model.rule = &current;
	} else if (!strcmp(text, "all")) {
		model.kind = MODEL_ALL;
	} else if (!model.rule) {
		if (release_parse(text, &release))
			return MODEL_NO_RELEASE;
		if (release_compare(&release, 2, 4, 0) < 0)
			return MODEL_TOO_OLD;
		if (release_compare(&release, NEWEST_MAJOR, NEWEST_MINOR + 1, 0) >= 0)
			return MODEL_TOO_NEW;
		if (release.major == 2 && release.minor != 4 && release.minor != 6)
			return MODEL_DEVELOPMENT;
		model.vendor = release.vendor;
		model.rule = rule_by_backport(&release);
		model.backport = model.rule != NULL;
		if (!model.rule)
			model.rule = rule_of(&release);
	}
	*ret_model = model;
	return MODEL_OK;
}

bool rules_of_kernel(const char *release, struct model *ret_model)
{
	struct model model = {.rule = &current};
	struct release parsed;
	bool named = !release_parse(release, &parsed);

	if (named && (model_parse(release, &model) || (model.rule->traits & RULE_SIGNED)))
		model.rule = &current; /* whichever counters it reads */
	model.kind = MODEL_CURRENT;
	*ret_model = model;
	return named;
}

const char *model_error_words(unsigned int error)
{
	static const char *const words[] = {
		[MODEL_NO_RELEASE] = "neither a kernel's release (2.6.32, 5.10.0-8-amd64) nor "
				     "2.4-goodness, current or all",
		[MODEL_TOO_OLD] = "older than 2.4, the first release whose rule is known",
		[MODEL_TOO_NEW] = "newer than 7.2, the last release whose rule is known",
		[MODEL_DEVELOPMENT] = "a development series: no release, and no rule of its own",
	};

	return error < sizeof(words) / sizeof(words[0]) ? words[error] : NULL;
}

struct lack_texts {
	const char *name, *words;
};

static const struct lack_texts *lack_texts(unsigned int lack)
{
	/* clang-format off */
	static const struct lack_texts texts[LACK_MAX] = {
		[LACK_CANDIDATES] = {"candidates", "some candidates were lost"},
		[LACK_MEMORY] = {"memory", "the memory of a task is not known: it has no points"},
		[LACK_TOTALPAGES] = {"totalpages", "what the points are relative to is not known"},
		[LACK_IDENTITY] = {"identity", "parent, nice and age are not known"},
		[LACK_CREDENTIALS] = {"credentials", "effective uid and capabilities are not "
				      "known"},
		[LACK_CPU] = {"cpu_time", "the CPU time is of some threads only"},
		[LACK_THREADS] = {"threads", "each thread had points of its own then, by its own "
				  "CPU time and age"},
		[LACK_SLICE] = {"time_slice", "the ticks that are left and the scheduling policy "
				"are not known"},
		[LACK_CHILDREN] = {"children", "children outside of this cgroup are not in the "
				   "snapshot"},
		[LACK_CHILD_THREADS] = {"child_threads", "which thread forked a child is not "
					"known, and it mattered"},
		[LACK_MM] = {"shared_memory", "which processes share their memory is not known"},
		[LACK_CPUSET] = {"cpuset", "whether the memory nodes overlap the invoker's is not "
				 "known within a cgroup"},
		[LACK_MEMCG] = {"memcg", "this release has no memory cgroups: it had chosen "
				"among all processes"},
		[LACK_INIT] = {"init", "init could be chosen then, and is not in the snapshot"},
		[LACK_PTES] = {"page_table_levels", "only the lowest levels of page tables "
			       "counted then; the snapshot has the sum of all"},
		[LACK_COUNTERS] = {"rss_counters", "this release reads its counters in another "
				   "way: dozens of pages may differ"},
		[LACK_ORIGIN] = {"origin", "whether a task asked to be chosen first (swapoff, KSM) "
				 "is not known"},
		[LACK_PARTS] = {"memory_parts", "swap or page tables of a task are not known, and not "
				"in its points"},
		[LACK_SCAN] = {"scan_order", "the order of the scan, which decides between equals, "
			       "is not known"},
	};
	/* clang-format on */

	return lack < LACK_MAX ? &texts[lack] : NULL;
}

const char *lack_words(unsigned int lack)
{
	const struct lack_texts *texts = lack_texts(lack);

	return texts ? texts->words : NULL;
}

const char *lack_name(unsigned int lack)
{
	const struct lack_texts *texts = lack_texts(lack);

	return texts ? texts->name : NULL;
}
