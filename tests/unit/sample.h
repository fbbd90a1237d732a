/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Made-up episodes, and a descriptor whose content can be read back. */
#ifndef OOMTRACE_TESTS_UNIT_SAMPLE_H
#define OOMTRACE_TESTS_UNIT_SAMPLE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/episode.h"
#include "sink/sink.h"

#define KIB 1024ULL
#define MIB (1024ULL * KIB)

/* 2026-11-22 22:10:08.412345678 UTC */
#define SAMPLE_REAL_NS 1795385408412345678LL
#define SAMPLE_BOOT_NS 100000412345678ULL

static inline int sample_fd(void)
{
	int fd = memfd_create("output", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* All that was written to @fd, with a NUL; to be freed. */
static inline char *sample_read(int fd, size_t *ret_len)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char *text = malloc((size_t)end + 1);

	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)end, 0), end);
	text[end] = '\0';
	if (ret_len)
		*ret_len = (size_t)end;
	return text;
}

static inline struct host *sample_host(void)
{
	static struct wire_host wire = {
		.attached_ns = 41500000,
		.exec_ns = 500000,
		.page_size = 4096,
		.oom_kills = 17,
		.backend = 1,
		.refusals[0] = {.refused = 1, .reason = "no BTF"},
		.version = "0.1.0",
		.host = "web-14",
		.boot_id = "5c2a4e0e-0000-4000-8000-000000000000",
		.kernel = "6.1.0",
		.arch = "x86_64",
	};
	static struct host host = {.wire = &wire, .attached_real_ns = SAMPLE_REAL_NS - 1000000000};

	return &host;
}

static inline struct task sample_task(uint32_t pid, const char *comm, uint64_t anon, int64_t points)
{
	struct task task = {
		.known = TASK_KNOWS_MEMORY | TASK_KNOWS_POINTS | TASK_KNOWS_CPU |
			 TASK_KNOWS_IDENTITY,
		.pid = pid,
		.tid = pid,
		.ppid = 1,
		.uid = 1000,
		.euid = 1000,
		.threads = 3,
		.start_ns = pid * 1000ULL,
		.age_ns = 61500000000ULL,
		.cpu_ns = 1234567,
		.total_vm_bytes = 2 * anon,
		.rss_anon_bytes = anon,
		.points = points,
		.points_from_kernel = true,
		.eligible = true,
	};

	snprintf(task.comm, sizeof(task.comm), "%s", comm);
	return task;
}

struct sample {
	struct episode episode;
	struct task tasks[4];
	struct task victims[3];
};

/* java of the contract's own screen, before a redis and two that cannot be chosen or hardly. */
static inline void sample_fill(struct sample *sample)
{
	struct episode *episode = &sample->episode;

	memset(sample, 0, sizeof(*sample));
	sample->tasks[0] = sample_task(4242, "java", 519988019, 127539);
	sample->tasks[0].known |= TASK_KNOWS_CGROUP;
	sample->tasks[0].cgroup = "/system.slice/app.service";
	sample->tasks[0].rss_file_bytes = 1153434;
	sample->tasks[0].pgtables_bytes = 1258291;
	sample->tasks[1] = sample_task(88, "redis-server", 88185242, 22067);
	sample->tasks[1].pgtables_bytes = 314573;
	sample->tasks[2] = sample_task(4250, "sh", 400 * KIB, -1200);
	sample->tasks[2].oom_score_adj = -10;
	sample->tasks[3] = sample_task(7, "agent", 8 * MIB, 0);
	sample->tasks[3].known &= ~(uint32_t)TASK_KNOWS_POINTS;
	sample->tasks[3].oom_score_adj = -1000;
	sample->tasks[3].eligible = false;
	sample->tasks[3].skip = SKIP_ADJ_MIN;

	*episode = (struct episode){
		.known = EPISODE_KNOWS_CONSTRAINT | EPISODE_KNOWS_TOTALPAGES | EPISODE_KNOWS_GFP |
			 EPISODE_KNOWS_GFP_TEXT | EPISODE_KNOWS_MEMCG | EPISODE_KNOWS_INVOKER |
			 EPISODE_KNOWS_SCOPE,
		.id = "00112233aabbccdd",
		.boot_ns = SAMPLE_BOOT_NS,
		.real_ns = SAMPLE_REAL_NS,
		.source = "live",
		.backend = 1,
		.constraint = CONSTRAINT_MEMCG_,
		.selection = SELECTION_BADNESS,
		.rss_counters = RSS_ATOMIC,
		.totalpages = 131072,
		.page_size = 4096,
		.invoker =
			{
				.pid = 4242,
				.tid = 4244,
				.uid = 1000,
				.comm = "java",
				.cgroup = "/system.slice/app.service",
				.gfp_mask = 0xcc0,
				.gfp_text = "GFP_KERNEL|__GFP_COMP",
			},
		.sysctls = {WIRE_NONE_U32, WIRE_NONE_U32, WIRE_NONE_U32, WIRE_NONE_U32},
		.memcg =
			{
				.known = MEMCG_KNOWS_PATH | MEMCG_KNOWS_USAGE | MEMCG_KNOWS_SWAP,
				.path = "/system.slice/app.service",
				.usage_bytes = 512 * MIB,
				.limit_bytes = 512 * MIB,
			},
		.victim = sample->tasks[0],
		.victims = sample->victims,
		.n_victims = 1,
		.candidates_source = SOURCE_SELECTION,
		.total = 4,
		.eligible = 3,
		.passed_over = {[SKIP_OTHER_MEMCG] = 90, [SKIP_KERNEL_THREAD] = 60},
		.tasks = sample->tasks,
		.n_tasks = 4,
	};
	sample->victims[0] = sample->tasks[0];
}

static inline void sample_no_memory(struct memory *memory)
{
	memset(memory, 0xff, sizeof(*memory));
	memset(memory->zones, 0, sizeof(memory->zones));
	memory->n_zones = 0;
	memory->zones_cut = false;
}

/* What java's memcg used its memory for, and the machine beside it: two zones, one of them low. */
static inline void sample_fill_memory(struct episode *episode)
{
	struct memory *memory = &episode->memory;

	episode->known |= EPISODE_KNOWS_MEMORY;
	sample_no_memory(memory);
	memory->memcg_usage_bytes = 512 * MIB;
	memory->memcg_use_bytes[USE_ANON] = 501 * MIB;
	memory->memcg_use_bytes[USE_FILE] = 2 * MIB;
	memory->memcg_use_bytes[USE_SHMEM] = 1 * MIB;
	memory->memcg_use_bytes[USE_KERNEL] = 7 * MIB;
	memory->memcg_use_bytes[USE_SLAB_RECLAIMABLE] = 1 * MIB;
	memory->memcg_use_bytes[USE_SLAB_UNRECLAIMABLE] = 3 * MIB;
	memory->memcg_use_bytes[USE_PAGE_TABLES] = 1300 * KIB;
	memory->memcg_use_bytes[USE_SOCK] = 512 * KIB;
	memory->total_bytes = 4000 * MIB;
	memory->free_bytes = 100 * MIB;
	memory->swap_total_bytes = 1024 * MIB;
	memory->swap_free_bytes = 24 * MIB;
	memory->use_bytes[USE_ANON] = 3000 * MIB;
	memory->use_bytes[USE_FILE] = 600 * MIB;
	memory->use_bytes[USE_SHMEM] = 500 * MIB;
	memory->use_bytes[USE_SLAB_RECLAIMABLE] = 50 * MIB;
	memory->use_bytes[USE_SLAB_UNRECLAIMABLE] = 150 * MIB;
	memory->use_bytes[USE_HUGETLB] = 0;
	memory->psi.some[0] = 45 * WIRE_PSI_UNIT + WIRE_PSI_UNIT / 2;
	memory->psi.full[0] = 30 * WIRE_PSI_UNIT;
	memory->psi.full[2] = 1;
	memory->memcg_psi.full[1] = 100 * WIRE_PSI_UNIT;
	memory->n_zones = 2;
	memory->zones[0] = (struct zone){
		.name = "DMA32",
		.free_bytes = 60 * MIB,
		.min_bytes = 20 * MIB,
		.low_bytes = 25 * MIB,
		.high_bytes = 30 * MIB,
		.managed_bytes = 1900 * MIB,
	};
	memory->zones[1] = (struct zone){
		.name = "Normal",
		.node = 1,
		.free_bytes = 11 * MIB + 205 * KIB,
		.min_bytes = 44 * MIB,
		.low_bytes = 55 * MIB,
		.high_bytes = 66 * MIB,
		.managed_bytes = 2100 * MIB,
	};
}

/* The same among all processes, asked for by another one. */
static inline void sample_fill_global(struct sample *sample)
{
	struct episode *episode = &sample->episode;

	sample_fill(sample);
	episode->constraint = CONSTRAINT_NONE_;
	episode->known &= ~(uint32_t)EPISODE_KNOWS_MEMCG;
	memset(&episode->memcg, 0, sizeof(episode->memcg));
	episode->candidates_source = SOURCE_SNAPSHOT;
	episode->invoker.pid = 88;
	episode->invoker.tid = 88;
	strcpy(episode->invoker.comm, "redis-server");
	strcpy(episode->invoker.gfp_text, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO");
	episode->invoker.gfp_mask = 0x140dca;
	memset(episode->passed_over, 0, sizeof(episode->passed_over));
	episode->passed_over[SKIP_INIT] = 1;
}

/* Names that nobody should be able to hurt a reader with, all of them no longer than a comm. */
static const char *const hostile_names[] = {
	"",
	"\033[2J\033[31m",
	"a\nb",
	"\r\t\b\a",
	"\x7f\x01\x1f",
	"\xc2\x9b"
	"31m",
	"\xe2\x80\xae"
	"gpj.exe",
	"\xe2\x81\xa6x\xe2\x81\xa9",
	"\xff\xfe\x80",
	"\xed\xa0\x80",
	"\xc0\xaf",
	"\xf4\x90\x80\x80",
	"caf\xc3\xa9",
	"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac",
	"e\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
	"\"\\\"{}[],:",
	"cut in two \xe6\x97",
	"%s%n%d",
	"</script>",
	"\xf0\x9f\x92\xa9\xf0\x9f\x92\xa9",
};
#define HOSTILE_NAMES (sizeof(hostile_names) / sizeof(hostile_names[0]))

/* A small generator with a fixed seed: the same bytes on every run. */
static inline uint32_t sample_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*state >> 33);
}

#endif /* OOMTRACE_TESTS_UNIT_SAMPLE_H */
