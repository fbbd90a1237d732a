// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/state.h"
#include "kernel/addresses.h"
#include "kernel/btf_facts.h"
#include "kernel/privilege.h"
#include "kernel/probe.h"
#include "kernel/scoring.h"
#include "kernel/types.h"
#include "oomtrace.skel.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

/* 14 decisions among a thousand processes: those may come after it was attached. */
#define RING_MIN (2U << 20)
#define RING_MAX (16U << 20)
/* Whole decisions that the ring holds by default while the reader is away. */
#define RING_DECISIONS 16
/* Candidates that the scratch holds: twice the processes of now, and room for a fork bomb. */
#define SCRATCH_SPARE      2048
#define SCRATCH_CHUNKS_MAX 4096

#define VERIFIER_FIGURES 4 /* BPF_LOG_STATS, include/linux/bpf_verifier.h */

#define LINKS_MAX 20

struct tracer {
	struct oomtrace_bpf *skel; /* until it is attached */
	/* And from then on what it needs of that: */
	struct oomtrace_bpf__bss *memory; /* shared with the kernel side */
	size_t memory_bytes;
	int ring_fd; /* -1: none */
	struct bpf_link *links[LINKS_MAX];
	size_t n_links;
	struct ring_buffer *ring;
	record_fn fn; /* of the tracer_consume() under way */
	void *ctx;
	enum backend backend;
	struct address_search *search; /* while attaching */
	struct namer *namer;           /* who names functions, or NULL: */
	struct functions *functions;   /* their names; NULL: not wanted, or not to be had */
	uint32_t max_candidates;
	uint32_t ring_size;
};

/*
 * What each backend attaches, in this order: the door that opens an episode
 * comes last, so that no selection is seen from its middle.
 */
enum door_role {
	DOOR_PLAIN,
	DOOR_POINTS,      /* sees oom_badness return; before any door to an episode is open */
	DOOR_POINTS_PART, /* sees the part of it that the compiler split off, if it did (5.10) */
	DOOR_RUN,         /* is attached to nothing, but run by the loader */
};

struct door {
	const char *program;
	bool optional; /* does without it */
	enum door_role role;
	/* Left out where BTF lacks this function: its program would fail the whole load. */
	const char *function;
};

static const struct door doors[WIRE_BACKENDS][LINKS_MAX] =
	{
		[BACKEND_FENTRY] =
			{
				{"sched_process_exit", false, DOOR_PLAIN, NULL},
				{"signal_generate", false, DOOR_PLAIN, NULL},
				{"start_task_reaping", true, DOOR_PLAIN, NULL},
				{"finish_task_reaping", true, DOOR_PLAIN, NULL},
				{"skip_task_reaping", true, DOOR_PLAIN, NULL},
				{"fentry_mem_cgroup_oom_synchronize", true, DOOR_PLAIN,
				 "mem_cgroup_oom_synchronize"},
				{"begin_calibration", true, DOOR_RUN, NULL},
				{"read_text", true, DOOR_RUN, NULL},
				{"mark_victim_follow", false, DOOR_PLAIN, NULL},
				{"fexit_oom_badness", true, DOOR_POINTS, "oom_badness"},
				{"kretprobe_oom_badness_part", true, DOOR_POINTS_PART, NULL},
				{"fexit_oom_evaluate_task", true, DOOR_PLAIN, "oom_evaluate_task"},
				{"fexit_out_of_memory", false, DOOR_PLAIN, NULL},
				{"fentry_dump_header", true, DOOR_PLAIN, "dump_header"},
				{"fentry_oom_kill_process", false, DOOR_PLAIN, NULL},
				{"fentry_out_of_memory", false, DOOR_PLAIN, NULL},
			},
		[BACKEND_KPROBE] =
			{
				{"sched_process_exit", false, DOOR_PLAIN, NULL},
				{"signal_generate", false, DOOR_PLAIN, NULL},
				{"start_task_reaping", true, DOOR_PLAIN, NULL},
				{"finish_task_reaping", true, DOOR_PLAIN, NULL},
				{"skip_task_reaping", true, DOOR_PLAIN, NULL},
				{"kprobe_mem_cgroup_oom_synchronize", true, DOOR_PLAIN, NULL},
				{"begin_calibration", true, DOOR_RUN, NULL},
				{"read_text", true, DOOR_RUN, NULL},
				{"mark_victim_follow", false, DOOR_PLAIN, NULL},
				{"kretprobe_oom_badness", true, DOOR_POINTS, NULL},
				{"kretprobe_oom_badness_part", true, DOOR_POINTS_PART, NULL},
				{"kprobe_oom_evaluate_task", true, DOOR_PLAIN, NULL},
				{"kretprobe_oom_evaluate_task", true, DOOR_PLAIN, NULL},
				{"kretprobe_out_of_memory", false, DOOR_PLAIN, NULL},
				{"kprobe_dump_header", true, DOOR_PLAIN, NULL},
				{"kprobe_oom_kill_process", false, DOOR_PLAIN, NULL},
				{"kprobe_out_of_memory", false, DOOR_PLAIN, NULL},
			},
		[BACKEND_TRACEPOINT] =
			{
				{"sched_process_exit", false, DOOR_PLAIN, NULL},
				{"signal_generate", false, DOOR_PLAIN, NULL},
				{"start_task_reaping", true, DOOR_PLAIN, NULL},
				{"finish_task_reaping", true, DOOR_PLAIN, NULL},
				{"skip_task_reaping", true, DOOR_PLAIN, NULL},
				{"mark_victim_decide", false, DOOR_PLAIN, NULL},
				{"read_text", true, DOOR_RUN, NULL},
			},
};

/* libbpf reports by printing: the last warning is the reason that a refusal gives. */
static bool libbpf_verbose;
static char libbpf_warning[WIRE_REASON_LEN];

__attribute__((format(printf, 2, 0))) static int on_libbpf_print(enum libbpf_print_level level,
								 const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	if (level == LIBBPF_WARN) {
		vsnprintf(libbpf_warning, sizeof(libbpf_warning), format, again);
		libbpf_warning[strcspn(libbpf_warning, "\n")] = '\0';
	}
	va_end(again);
	return libbpf_verbose ? vfprintf(stderr, format, args) : 0;
}

static uint32_t power_of_two_above(uint64_t bytes)
{
	uint32_t size = RING_MIN;

	while (size < bytes && size < RING_MAX)
		size <<= 1;
	return size;
}

static void size_maps(struct tracer *tracer, const struct tracer_options *options)
{
	uint64_t chunks =
		((uint64_t)options->host.processes * 2 + SCRATCH_SPARE) / WIRE_CHUNK_TASKS;
	uint64_t decision = (uint64_t)options->host.processes * sizeof(struct wire_task);

	if (chunks > SCRATCH_CHUNKS_MAX)
		chunks = SCRATCH_CHUNKS_MAX;
	tracer->max_candidates = chunks * WIRE_CHUNK_TASKS;
	tracer->ring_size = options->ring_size ? options->ring_size
					       : power_of_two_above(decision * RING_DECISIONS);
	bpf_map__set_max_entries(tracer->skel->maps.scratch, chunks);
	bpf_map__set_max_entries(tracer->skel->maps.ring, tracer->ring_size);
}

static void configure(struct tracer *tracer, const struct tracer_options *options,
		      const struct btf_index *index)
{
	struct config *config = &tracer->skel->rodata->config;

	config->page_size = sysconf(_SC_PAGESIZE);
	config->ring_bytes = tracer->ring_size;
	config->mem_total_pages = options->host.mem_total_pages;
	tracer->skel->bss->door.swap_total_pages = options->host.swap_total_pages;
	config->vm_swappiness = options->host.vm_swappiness;
	config->no_cmdline = options->no_cmdline;
	memcpy(config->user_killers, options->user_killers, sizeof(config->user_killers));
	config->cpus = libbpf_num_possible_cpus();
	config->mark_victim_task = btf_mark_victim_has_task(index) > 0;
}

static struct bpf_program *program_of(const struct tracer *tracer, const struct door *door)
{
	return bpf_object__find_program_by_name(tracer->skel->obj, door->program);
}

static void choose_programs(const struct tracer *tracer, const struct btf_index *index)
{
	for (const struct door *door = doors[tracer->backend]; door->program; door++) {
		if (door->function && btf_function_id(index, door->function) < 0)
			continue;
		bpf_program__set_autoload(program_of(tracer, door), true);
	}
}

/* Whether the text of @function holds a call of @called; false also where that cannot be seen. */
static bool function_calls(struct tracer *tracer, enum kernel_symbol function,
			   enum kernel_symbol called)
{
	const struct text_range *symbols = tracer->skel->bss->addresses.symbols;
	__u64 address = symbols[function].begin, target = symbols[called].begin;
	size_t len = symbols[function].end - address;
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &address, .ctx_size_in = sizeof(address));

	if (!address || !target)
		return false;
	if (bpf_prog_test_run_opts(bpf_program__fd(tracer->skel->progs.read_text), &run) ||
	    run.retval)
		return false;
	if (len > TEXT_LEN)
		len = TEXT_LEN;
	return text_calls(tracer->skel->bss->text, len, address, target);
}

/*
 * Fact:  the selection's points are what oom_badness returns, if it is called.
 * Until: the compiler splits it, and the selection calls the part (5.10), which must be hooked
 *        then; or copies all of it into oom_evaluate_task, and only /proc calls it any more
 *        (Ubuntu's 5.13 and 5.15: callers and symbols of mm/oom_kill.c in DepSurf).
 * So:    look whether oom_evaluate_task calls it. Where it does not, that no points were seen of
 *        a task says nothing of it.
 */
static bool points_are_hooked(struct tracer *tracer, int whole, int part)
{
	if (!part)
		return true;
	return part == -ENOENT && !whole && function_calls(tracer, SYMBOL_EVALUATE, SYMBOL_BADNESS);
}

/*
 * Reads this process's own oom_score, through the return of oom_badness that
 * has just been hooked: its points tell which counters they were made of. The
 * first OOM tells as well, but only from its first task that can be chosen on.
 * Who this process is the kernel side notes: in a pid namespace it has numbers
 * that getpid() does not tell.
 */
static void calibrate(struct tracer *tracer)
{
	struct door_state *door = &tracer->skel->bss->door;
	LIBBPF_OPTS(bpf_test_run_opts, run);
	char text[32];
	int fd = open("/proc/self/oom_score", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (bpf_prog_test_run_opts(bpf_program__fd(tracer->skel->progs.begin_calibration), &run) ||
	    read(fd, text, sizeof(text)) < 0)
		text[0] = '\0'; /* nothing learned, nothing lost */
	__atomic_store_n(&door->calibrating, 0, __ATOMIC_SEQ_CST);
	close(fd);
}

/* A probe is what the kernel may want more for than for loading; a hook of fentry is not. */
static void refuse_attaching(struct refusal *refusal, const char *program, int err)
{
	char lacking[WIRE_REASON_LEN] = "";

	if (err == -EACCES || err == -EPERM)
		privilege_lacking_to_probe(lacking, sizeof(lacking));
	refuse(refusal, lacking, "attaching %s: %s", program, strerror(-err));
}

static int attach_doors(struct tracer *tracer, struct refusal *refusal)
{
	int whole = -ENOENT, part = -EOPNOTSUPP;

	for (const struct door *door = doors[tracer->backend]; door->program; door++) {
		struct bpf_program *program = program_of(tracer, door);
		struct bpf_link *link;
		int err;

		if (!bpf_program__autoload(program) || door->role == DOOR_RUN)
			continue;
		link = bpf_program__attach(program);
		err = libbpf_get_error(link);
		if (door->role == DOOR_POINTS_PART)
			part = err;
		else if (door->role == DOOR_POINTS)
			whole = err;
		if (!err) {
			tracer->links[tracer->n_links++] = link;
			if (door->role == DOOR_POINTS)
				calibrate(tracer);
		} else if (!door->optional) {
			refuse_attaching(refusal, door->program, err);
			return err;
		}
	}
	tracer->skel->bss->door.points_hook = points_are_hooked(tracer, whole, part);
	return 0;
}

/*
 * Without the kernel's own points nothing can be learned from them: look at
 * what oom_badness calls. Where that fails the approximation is taken, which
 * is what it says it is.
 */
static void learn_counters(struct tracer *tracer)
{
	tracer->skel->bss->work.rss_precise =
		function_calls(tracer, SYMBOL_BADNESS, SYMBOL_PERCPU_SUM);
}

static int on_record(void *ctx, void *data, size_t len)
{
	struct tracer *tracer = ctx;

	tracer->fn(tracer->ctx, data, len);
	return 0;
}

static int open_ring(struct tracer *tracer, struct refusal *refusal)
{
	/* Of its own: the object's goes with it. */
	tracer->ring_fd = fcntl(bpf_map__fd(tracer->skel->maps.ring), F_DUPFD_CLOEXEC, 0);
	if (tracer->ring_fd >= 0)
		tracer->ring = ring_buffer__new(tracer->ring_fd, on_record, tracer, NULL);
	if (tracer->ring)
		return 0;
	refuse(refusal, "a smaller --ring-size may fit", "mapping the ring: %s", strerror(errno));
	return -errno;
}

/* The verifier says what it had to do, where all goes well. */
static void ask_for_figures(const struct tracer *tracer)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, tracer->skel->obj)
		bpf_program__set_log_level(program, VERIFIER_FIGURES);
}

static int load_programs(struct tracer *tracer, const struct tracer_options *options,
			 const struct kernel_types *types, struct refusal *refusal)
{
	char lacking[WIRE_REASON_LEN] = "";
	int err;

	if (!tracer->skel)
		tracer->skel = types_open_object(types);
	if (!tracer->skel) {
		err = -errno;
		refuse(refusal, "", "opening the BPF object: %s", strerror(-err));
		return err;
	}
	size_maps(tracer, options);
	configure(tracer, options, &types->index);
	choose_programs(tracer, &types->index);
	if (options->figures)
		ask_for_figures(tracer);
	libbpf_warning[0] = '\0';
	err = oomtrace_bpf__load(tracer->skel);
	if (err == -EPERM)
		privilege_lacking_to_load(lacking, sizeof(lacking));
	if (err)
		refuse(refusal, *lacking ? lacking : "run with -v for the verifier's log",
		       "loading: %s (%s)", strerror(-err), libbpf_warning);
	return err;
}

/*
 * Programs, maps and types live on through what is attached and mapped; what libbpf has of them is
 * memory for nothing.
 */
static int forget_object(struct tracer *tracer, struct refusal *refusal)
{
	const struct bpf_map *map = tracer->skel->maps.bss;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory;

	tracer->memory_bytes = (bpf_map__value_size(map) + page - 1) / page * page;
	memory = mmap(NULL, tracer->memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(map), 0);
	if (memory == MAP_FAILED) {
		refuse(refusal, "", "mapping the memory of the programs: %s", strerror(errno));
		return -errno;
	}
	tracer->memory = memory;
	oomtrace_bpf__destroy(tracer->skel);
	tracer->skel = NULL;
	return 0;
}

static int attach_backend(struct tracer *tracer, const struct tracer_options *options,
			  const struct kernel_types *types, struct refusal *refusal)
{
	int err = load_programs(tracer, options, types, refusal);

	if (err)
		return err;
	/* From the first episode on all is known that can be. */
	addresses_wait(tracer->search);
	addresses_copy(tracer->search, &tracer->skel->bss->addresses);
	if (tracer->backend == BACKEND_TRACEPOINT)
		learn_counters(tracer);
	err = open_ring(tracer, refusal);
	if (!err)
		err = attach_doors(tracer, refusal);
	return err ? err : forget_object(tracer, refusal);
}

/* Returns whether there is any, in *@ret_btf. */
static bool load_btf(struct survey *survey, struct btf_raw *ret_btf)
{
	int error = btf_raw_open(KERNEL_BTF, ret_btf);

	survey->btf = !error;
	if (survey->btf)
		return true;
	snprintf(survey->btf_error, sizeof(survey->btf_error),
		 "reading " KERNEL_BTF ": %s; a kernel with CONFIG_DEBUG_INFO_BTF=y is needed",
		 strerror(-error));
	for (int i = 0; i < WIRE_BACKENDS; i++) {
		if (!survey->backends[i].refused)
			refuse(&survey->backends[i], "a kernel with CONFIG_DEBUG_INFO_BTF=y",
			       "this kernel has no BTF that can be read");
	}
	return false;
}

/*
 * Tries one backend; on failure everything of the attempt is gone again. *@skel is the
 * open object, or NULL when a former attempt has taken it.
 */
static struct tracer *try_backend(enum backend backend, const struct tracer_options *options,
				  const struct kernel_types *types, struct oomtrace_bpf **skel,
				  struct address_search *search, struct refusal *refusal)
{
	struct tracer *tracer;

	probe_backend(backend, &types->index, false, refusal);
	if (refusal->refused)
		return NULL;
	tracer = calloc(1, sizeof(*tracer));
	if (!tracer) {
		refuse(refusal, "", "no memory");
		return NULL;
	}
	tracer->backend = backend;
	tracer->ring_fd = -1;
	tracer->search = search;
	tracer->skel = *skel;
	*skel = NULL;
	if (!attach_backend(tracer, options, types, refusal))
		return tracer;
	tracer_detach(tracer);
	return NULL;
}

static int attach_any(const struct tracer_options *options, struct address_search *search,
		      struct survey *survey, struct tracer **ret_tracer)
{
	struct tracer *tracer = NULL;
	struct kernel_types types;
	struct oomtrace_bpf *skel;
	struct btf_raw btf;
	int err = 0;

	if (!probe_kernel(survey))
		return survey->privileged ? -EOPNOTSUPP : -EPERM;
	if (!load_btf(survey, &btf))
		return -EOPNOTSUPP;
	skel = types_open(&btf, &types);
	if (!skel)
		err = -errno;
	if (skel)
		addresses_begin(search, &types.index, options->functions);
	for (enum backend b = 0; b < WIRE_BACKENDS && !tracer && !err; b++) {
		if (options->backend == BACKEND_AUTO || options->backend == b)
			tracer = try_backend(b, options, &types, &skel, search,
					     &survey->backends[b]);
	}
	survey->gfp_known = tracer && !btf_gfp_names(&types.index, &survey->gfp);
	if (skel)
		oomtrace_bpf__destroy(skel);
	types_close(&types);
	if (!tracer)
		return err ? err : -EOPNOTSUPP;
	*ret_tracer = tracer;
	return 0;
}

int tracer_attach(const struct tracer_options *options, struct survey *survey,
		  struct tracer **ret_tracer)
{
	struct address_search search = {0};
	int err;

	memset(survey, 0, sizeof(*survey));
	libbpf_verbose = options->verbose;
	libbpf_set_print(on_libbpf_print);
	err = attach_any(options, &search, survey, ret_tracer);
	addresses_wait(&search);
	if (err) {
		namer_free(search.namer);
		functions_free(search.functions);
		return err;
	}
	(*ret_tracer)->search = NULL;
	(*ret_tracer)->namer = search.namer;
	(*ret_tracer)->functions = search.functions;
	survey->addresses_error = search.error;
	addresses_missing(&search, survey->addresses_missing, sizeof(survey->addresses_missing));
	return 0;
}

void tracer_give_back(void)
{
	types_give_back();
}

void tracer_stop(struct tracer *tracer)
{
	while (tracer->n_links)
		bpf_link__destroy(tracer->links[--tracer->n_links]);
}

void tracer_detach(struct tracer *tracer)
{
	if (!tracer)
		return;
	tracer_stop(tracer);
	ring_buffer__free(tracer->ring);
	if (tracer->ring_fd >= 0)
		close(tracer->ring_fd);
	if (tracer->memory)
		munmap(tracer->memory, tracer->memory_bytes);
	oomtrace_bpf__destroy(tracer->skel);
	namer_free(tracer->namer);
	functions_free(tracer->functions);
	free(tracer);
}

void tracer_set_swap_total(struct tracer *tracer, uint64_t pages)
{
	__atomic_store_n(&tracer->memory->door.swap_total_pages, pages, __ATOMIC_RELAXED);
}

bool tracer_name_function(void *ctx, uint64_t address, char ret_name[WIRE_SYMBOL_LEN])
{
	const struct tracer *tracer = ctx;
	struct named named;

	if (!tracer->namer)
		return tracer->functions && functions_name(tracer->functions, address, ret_name);
	if (!namer_name(tracer->namer, address, &named))
		return false;
	memcpy(ret_name, named.name, WIRE_SYMBOL_LEN);
	return true;
}

enum backend tracer_backend(const struct tracer *tracer)
{
	return tracer->backend;
}

uint32_t tracer_max_candidates(const struct tracer *tracer)
{
	return tracer->max_candidates;
}

int tracer_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->ring);
}

int tracer_consume(struct tracer *tracer, record_fn fn, void *ctx)
{
	tracer->fn = fn;
	tracer->ctx = ctx;
	return ring_buffer__consume(tracer->ring);
}

void tracer_losses(const struct tracer *tracer, uint64_t *counts)
{
	for (int i = 0; i < LOSS_MAX; i++)
		counts[i] += __atomic_load_n(&tracer->memory->lost[i], __ATOMIC_RELAXED);
}

void survey_host(struct survey *survey)
{
	struct btf_index index;
	struct btf_raw btf;
	bool complete;

	memset(survey, 0, sizeof(*survey));
	libbpf_set_print(on_libbpf_print);
	complete = probe_kernel(survey);
	if (!survey->privileged || !load_btf(survey, &btf))
		return;
	if (complete && !btf_index_build(&btf, NULL, &index)) {
		for (enum backend b = 0; b < WIRE_BACKENDS; b++)
			probe_backend(b, &index, true, &survey->backends[b]);
		btf_index_free(&index);
	}
	btf_raw_close(&btf);
}
