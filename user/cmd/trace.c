/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace trace: the kernel's records through the assembler to the outputs, until told to end. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/delivery.h"
#include "cmd/hostrecord.h"
#include "cmd/inquiry.h"
#include "cmd/recorder.h"
#include "cmd/symbolizer.h"
#include "cmd/trace_options.h"
#include "cmd/verbs.h"
#include "core/assemble.h"
#include "core/draft.h"
#include "kernel/tracer.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "proc/host.h"
#include "proc/kmsg.h"
#include "proc/lookup.h"
#include "proc/self.h"

#define CLOCK_STEP_NS 1000000 /* less is the slewing of a clock that is being disciplined */
#define MS            1000000ULL

struct trace {
	struct trace_options options;
	struct host_facts facts;
	struct survey survey;
	struct tracer *tracer;
	struct assembler *assembler;
	struct delivery *delivery;
	struct recorder *recorder; /* NULL: not asked for */
	struct lookup *lookup;     /* NULL: it could not be started */
	struct loop *loop;
	int deadline_timer, duration_timer;
	int kmsg_fd;           /* -1: not read */
	int swap_fd;           /* -1: not watched */
	uint64_t kmsg_boot_ns; /* the moment that the lines being read belong to */
	struct symbolizer symbolizer;
	uint64_t symbol_boot_ns; /* the decision whose stack is being told */
	int64_t clock_offset;
	uint64_t losses[LOSS_MAX];
	uint64_t attached_ns;
};

/* The one way in: what the assembler has seen is what a recording holds. */
static void feed(struct trace *trace, const void *record, size_t len)
{
	if (assembler_feed(trace->assembler, record, len) == 0 && trace->recorder)
		recorder_add(trace->recorder, record, len);
}

static void feed_clock(struct trace *trace, uint64_t boot_ns)
{
	struct wire_clock record = {
		.head = loader_head(WIRE_CLOCK, sizeof(record), boot_ns),
		.real_minus_boot_ns = trace->clock_offset,
	};

	feed(trace, &record, sizeof(record));
}

static void feed_kmsg_line(void *ctx, const char *text, size_t len)
{
	struct trace *trace = ctx;
	struct wire_kmsg record;
	size_t size;

	if (!kmsg_is_oom(text, len))
		return;
	if (len > WIRE_KMSG_LEN)
		len = WIRE_KMSG_LEN;
	size = offsetof(struct wire_kmsg, text) + len;
	record.head = loader_head(WIRE_KMSG, size, trace->kmsg_boot_ns);
	record.len = (uint32_t)len;
	record.pad = 0;
	memcpy(record.text, text, len);
	feed(trace, &record, size);
}

/* The lines of the kernel log up to now, as of @boot_ns. */
static void feed_kmsg(struct trace *trace, uint64_t boot_ns)
{
	if (trace->kmsg_fd < 0)
		return;
	trace->kmsg_boot_ns = boot_ns;
	kmsg_drain(trace->kmsg_fd, feed_kmsg_line, trace);
}

static void feed_losses(struct trace *trace)
{
	struct wire_lost record = {.head = loader_head(WIRE_LOST, sizeof(record), 0)};

	uint64_t losses[LOSS_MAX] = {0};

	tracer_losses(trace->tracer, losses);
	if (memcmp(losses, trace->losses, sizeof(losses)) == 0)
		return;
	memcpy(trace->losses, losses, sizeof(losses));
	memcpy(record.count, losses, sizeof(losses));
	record.head.boot_ns = loop_now();
	feed(trace, &record, sizeof(record));
}

static void feed_mark(struct trace *trace, enum wire_kind kind, uint64_t boot_ns)
{
	struct wire_head record = loader_head((uint16_t)kind, sizeof(record), boot_ns);

	feed(trace, &record, sizeof(record));
}

static void feed_symbol(void *ctx, uint64_t address, const char *name)
{
	struct wire_symbol record = {
		.head = loader_head(WIRE_SYMBOL, sizeof(record), 0),
		.address = address,
	};

	record.head.boot_ns = ((struct trace *)ctx)->symbol_boot_ns;
	memcpy(record.name, name, strnlen(name, sizeof(record.name)));
	feed(ctx, &record, sizeof(record));
}

static void feed_stack(struct trace *trace, const struct wire_decision *decision)
{
	/* The names are searched in all of /proc/kallsyms: a panic does not wait for that. */
	if (trace->options.no_stack || draft_panics(decision))
		return;
	trace->symbol_boot_ns = decision->head.boot_ns;
	symbolizer_tell(&trace->symbolizer, (const uint64_t *)decision->stack, feed_symbol, trace);
}

/*
 * What was found out about victims. It carries the time of the record that it was asked for: a
 * later one would close what the ring still has records of.
 */
static void feed_details(struct trace *trace)
{
	struct wire_detail record;

	while (trace->lookup && lookup_take(trace->lookup, &record)) {
		record.head = loader_head(WIRE_DETAIL, sizeof(record), record.head.boot_ns);
		feed(trace, &record, sizeof(record));
	}
}

/*
 * What the loader knows of a decision goes before it, stamped with the
 * decision's own time: the ring may be read late, and a later stamp would
 * close what the ring still has records of.
 */
static void on_record(void *ctx, const void *bytes, size_t len)
{
	struct trace *trace = ctx;
	struct wire_head head;

	if (len >= sizeof(head)) {
		memcpy(&head, bytes, sizeof(head));
		if (trace->lookup)
			inquire(trace->lookup, bytes, len, trace->options.no_cmdline);
		if (head.kind == WIRE_FATE)
			feed_details(trace);
		if (head.kind == WIRE_DECISION) {
			int64_t offset = clock_offset(), step = offset - trace->clock_offset;

			if (step > CLOCK_STEP_NS || step < -CLOCK_STEP_NS) {
				trace->clock_offset = offset;
				feed_clock(trace, head.boot_ns);
			}
			feed_kmsg(trace, head.boot_ns);
			if (len == sizeof(struct wire_decision))
				feed_stack(trace, bytes);
		}
	}
	feed(trace, bytes, len);
}

static void consume(struct trace *trace)
{
	int n = tracer_consume(trace->tracer, on_record, trace);

	if (n < 0) {
		log_error("cannot read the kernel's records: %s", strerror(-n));
		loop_end(trace->loop, EXIT_FAILED);
	}
	feed_losses(trace);
}

/* After anything that happened: what is due, what is next, and whether this was all. */
static void settle(struct trace *trace)
{
	uint64_t deadline, full_until = delivery_full_until(trace->delivery);

	delivery_settle(trace->delivery, trace->assembler);
	if (trace->recorder)
		recorder_flush(trace->recorder);
	if (delivery_deserted(trace->delivery) && !trace->recorder)
		loop_end(trace->loop, EXIT_DONE);
	deadline = assembler_deadline(trace->assembler);
	if (full_until) {
		if (!assembler_pending_outcomes(trace->assembler) || loop_now() >= full_until)
			loop_end(trace->loop, EXIT_DONE);
		if (!deadline || full_until < deadline)
			deadline = full_until;
	}
	loop_set_timer(trace->loop, trace->deadline_timer, deadline);
}

static void on_ring(void *ctx, int fd)
{
	(void)fd;
	consume(ctx);
	settle(ctx);
}

static void on_details(void *ctx, int fd)
{
	(void)fd;
	feed_details(ctx);
	settle(ctx);
}

static void on_deadline(void *ctx, uint64_t now_boot_ns)
{
	struct trace *trace = ctx;

	/* What has arrived meanwhile comes first: it may be what was waited for. */
	consume(trace);
	feed_kmsg(trace, now_boot_ns);
	feed_mark(trace, WIRE_TICK, now_boot_ns);
	settle(trace);
}

static void on_duration(void *ctx, uint64_t now_boot_ns)
{
	struct trace *trace = ctx;

	(void)now_boot_ns;
	loop_end(trace->loop, EXIT_DONE);
}

static void on_signal(void *ctx, int signo)
{
	struct trace *trace = ctx;

	/* Pending again, blocked as it is: what is still to be written waits for no reader. */
	raise(signo);
	loop_end(trace->loop, EXIT_DONE);
}

/* Returns 0 or a negative errno. */
static int make_loop(struct trace *trace)
{
	struct loop *loop;
	sigset_t signals;
	int error = loop_new(&trace->loop);

	if (error)
		return error;
	loop = trace->loop;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	error = loop_add_signals(loop, &signals, on_signal, trace);
	if (error)
		return error;
	trace->deadline_timer = loop_add_timer(loop, on_deadline, trace);
	if (trace->deadline_timer < 0)
		return trace->deadline_timer;
	trace->duration_timer = loop_add_timer(loop, on_duration, trace);
	return trace->duration_timer < 0 ? trace->duration_timer : 0;
}

/* Opens everything that is written to. Returns 0, or an errno after having said why. */
static int open_outputs(struct trace *trace)
{
	int error = delivery_new(&trace->options.outputs, loop_signal_fd(trace->loop),
				 &trace->delivery);

	if (!error && trace->options.record)
		error = recorder_new(trace->options.record, &trace->recorder);
	return error;
}

static void open_kmsg(struct trace *trace)
{
	int fd = kmsg_open();

	if (fd < 0)
		log_detail("cannot read the kernel log: %s", strerror(-fd));
	trace->kmsg_fd = fd < 0 ? -1 : fd;
}

/* Only the tracepoint backend is completed from the kernel log. */
static void close_needless_kmsg(struct trace *trace)
{
	if (tracer_backend(trace->tracer) == BACKEND_TRACEPOINT) {
		if (trace->kmsg_fd < 0)
			log_note("the kernel log cannot be read: who asked for what stays unknown");
		return;
	}
	if (trace->kmsg_fd >= 0)
		close(trace->kmsg_fd);
	trace->kmsg_fd = -1;
}

static void tell_refusals(const struct survey *survey, enum backend only)
{
	for (unsigned int i = 0; i < WIRE_BACKENDS; i++) {
		const struct refusal *refusal = &survey->backends[i];

		if (!refusal->refused || (only != BACKEND_AUTO && only != i))
			continue;
		log_error("%s: refused: %s", backend_name(i), refusal->reason);
		if (*refusal->remedy)
			log_error("%s: remedy: %s", backend_name(i), refusal->remedy);
	}
}

/* What a person can do who is told nothing but "no". */
static int tell_cannot_trace(const struct trace *trace)
{
	const struct survey *survey = &trace->survey;

	if (!survey->privileged && *survey->privilege_error)
		log_error("not allowed to trace: %s", survey->privilege_error);
	else if (!survey->btf && *survey->btf_error)
		log_error("the kernel's types are missing: %s", survey->btf_error);
	tell_refusals(survey, trace->options.backend);
	if (geteuid() != 0 && !survey->privileged)
		log_error("tracing needs root: sudo oomtrace");
	else
		log_error("nothing could be attached; 'oomtrace doctor' says more");
	return EXIT_CANNOT_TRACE;
}

/* @value in units of @unit, or @otherwise where it is not known. */
static uint64_t known_or(uint64_t value, uint64_t unit, uint64_t otherwise)
{
	return value == WIRE_NONE_U64 ? otherwise : value / unit;
}

/* What sizes the kernel side; where /proc does not say, a small host's figures. */
static struct tracer_host tracer_host_of(const struct host_facts *facts)
{
	return (struct tracer_host){
		.processes = known_or(facts->threads, 1, 1000),
		.mem_total_pages = known_or(facts->mem_total_bytes, facts->page_size, 0),
		.swap_total_pages = known_or(facts->swap_total_bytes, facts->page_size, 0),
		.vm_swappiness = known_or(facts->vm_swappiness, 1, 60),
	};
}

/* What is missing although it is attached. */
static void tell_details(const struct survey *survey)
{
	for (unsigned int i = 0; i < WIRE_BACKENDS; i++) {
		if (survey->backends[i].refused)
			log_detail("%s: refused: %s", backend_name(i), survey->backends[i].reason);
	}
	if (survey->addresses_error)
		log_detail("the kernel's addresses are hidden: %s (kernel.kptr_restrict)",
			   strerror(-survey->addresses_error));
	if (*survey->addresses_missing)
		log_detail("not in /proc/kallsyms: %s", survey->addresses_missing);
}

/* Returns EXIT_DONE when attached, or the exit status after having said why. */
static int attach(struct trace *trace)
{
	struct tracer_options options = {
		.backend = trace->options.backend,
		.ring_size = trace->options.ring_size,
		.verbose = trace->options.outputs.verbose > 1,
		.host = tracer_host_of(&trace->facts),
		.no_cmdline = trace->options.no_cmdline,
	};
	int error;

	memcpy(options.user_killers, trace->options.user_killers, sizeof(options.user_killers));
	error = tracer_attach(&options, &trace->survey, &trace->tracer);

	if (!error) {
		trace->attached_ns = loop_now();
		tell_details(&trace->survey);
		return EXIT_DONE;
	}
	if (error != -EOPNOTSUPP && error != -EPERM && error != -EACCES) {
		log_error("cannot attach: %s", strerror(-error));
		return EXIT_FAILED;
	}
	return tell_cannot_trace(trace);
}

static void tell_past_kills(const struct trace *trace)
{
	uint64_t kills = trace->facts.oom_kills;
	int logged;

	if (kills == WIRE_NONE_U64 || !kills)
		return;
	logged = kmsg_count_kills();
	if (logged < 0)
		log_plain("%lu OOM kill%s since boot.", (unsigned long)kills,
			  kills == 1 ? "" : "s");
	else
		log_plain("%lu OOM kill%s since boot, %d of them still in the kernel log.",
			  (unsigned long)kills, kills == 1 ? "" : "s", logged);
}

static void tell_banner(const struct trace *trace)
{
	uint64_t attached_ns = trace->attached_ns;
	const struct host_facts *facts = &trace->facts;
	const char *backend = backend_name(tracer_backend(trace->tracer));
	char took[32] = "";

	if (facts->exec_ns != WIRE_NONE_U64 && attached_ns > facts->exec_ns)
		snprintf(took, sizeof(took), " in %lu ms",
			 (unsigned long)((attached_ns - facts->exec_ns) / MS));
	log_plain("oomtrace %s on %s, kernel %s: %s, attached%s. Ctrl-C ends.", OOMTRACE_VERSION,
		  facts->host, facts->kernel, backend, took);
	tell_past_kills(trace);
	if (facts->own_pids)
		log_plain("Runs in a pid namespace of its own: pids are the host's, ns_pid those "
			  "in a process's own namespace.");
}

static void feed_gfp(struct trace *trace, uint64_t boot_ns)
{
	struct wire_gfp record = trace->survey.gfp;

	record.head = loader_head(WIRE_GFP, sizeof(record), boot_ns);
	if (trace->survey.gfp_known)
		feed(trace, &record, sizeof(record));
}

/* The first records, and the word to the person that it has begun. */
static void begin(struct trace *trace)
{
	uint64_t attached_ns = trace->attached_ns;
	struct wire_host record;

	trace->facts.oom_kills = host_oom_kills();
	trace->clock_offset = clock_offset();
	feed_clock(trace, attached_ns);
	host_record(&trace->facts, &trace->survey, tracer_backend(trace->tracer), attached_ns,
		    &record);
	feed(trace, &record, sizeof(record));
	feed_gfp(trace, attached_ns);
	tell_banner(trace);
}

static void on_swap_changed(void *ctx, int fd)
{
	struct trace *trace = ctx;
	uint64_t bytes = host_swap_total();

	(void)fd;
	if (bytes != WIRE_NONE_U64)
		tracer_set_swap_total(trace->tracer, bytes / trace->facts.page_size);
}

/* Part of totalpages, which the tracepoint backend computes: swapon(8) may come at any time. */
static void watch_swap(struct trace *trace)
{
	if (tracer_backend(trace->tracer) != BACKEND_TRACEPOINT)
		return;
	trace->swap_fd = host_watch_swap();
	if (trace->swap_fd < 0 ||
	    loop_add_change(trace->loop, trace->swap_fd, on_swap_changed, trace) < 0)
		log_detail("swap is not watched: points are computed with what there is now");
}

/* Before memory is locked: the thread's stack is part of it. */
static void start_lookup(struct trace *trace)
{
	static const struct lookup_roots roots = {.proc = "/proc", .pods = "/var/log/pods"};
	int error = lookup_new(&roots, &trace->lookup);

	if (!error)
		error = loop_add_fd(trace->loop, lookup_fd(trace->lookup), on_details, trace);
	if (error)
		log_detail("victims are not looked up in /proc: %s", strerror(-error));
}

static void protect_self(void)
{
	int error = self_spare();

	if (error)
		log_detail("the OOM killer may choose oomtrace itself: %s", strerror(-error));
	error = self_lock_memory();
	if (error)
		log_detail("oomtrace's memory is not locked: %s", strerror(-error));
}

/* Everything that needs the attached tracer. Returns the exit status. */
static int stream(struct trace *trace)
{
	struct assembler_config config = {
		.ops = &delivery_ops,
		.ctx = trace->delivery,
		.max_candidates = tracer_max_candidates(trace->tracer),
		.source = "live",
	};
	int error, status;

	trace->assembler = assembler_new(&config);
	error = trace->assembler ? 0 : -ENOMEM;
	if (!error)
		error = loop_add_fd(trace->loop, tracer_fd(trace->tracer), on_ring, trace);
	if (error) {
		log_error("cannot begin: %s", strerror(-error));
		return EXIT_FAILED;
	}
	close_needless_kmsg(trace);
	watch_swap(trace);
	start_lookup(trace);
	protect_self();
	begin(trace);
	if (trace->options.duration_ns)
		loop_set_timer(trace->loop, trace->duration_timer,
			       loop_now() + trace->options.duration_ns);
	settle(trace);
	status = loop_run(trace->loop);
	if (status < 0) {
		log_error("cannot wait for records: %s", strerror(-status));
		return EXIT_FAILED;
	}
	return status;
}

static void tell_totals(const struct trace *trace)
{
	const struct totals *totals = assembler_totals(trace->assembler);
	bool lost = false;

	log_plain("%lu OOM kill%s (%lu process%s) and %lu candidates seen.",
		  (unsigned long)totals->episodes, totals->episodes == 1 ? "" : "s",
		  (unsigned long)totals->kills, totals->kills == 1 ? "" : "es",
		  (unsigned long)totals->candidates);
	for (unsigned int i = 0; i < LOSS_MAX; i++) {
		if (totals->lost[i])
			log_plain("lost: %s %lu", loss_name(i), (unsigned long)totals->lost[i]);
		lost |= totals->lost[i] != 0;
	}
	if (!lost)
		log_detail("nothing was lost");
}

/* Takes what is left and tells the totals. Returns the exit status, @status unless worse. */
static int finish(struct trace *trace, int status)
{
	if (trace->assembler) {
		tracer_stop(trace->tracer);
		if (status == EXIT_DONE)
			consume(trace);
		feed_details(trace);
		feed_kmsg(trace, loop_now());
		feed_mark(trace, WIRE_DETACH, loop_now());
		delivery_settle(trace->delivery, trace->assembler);
		tell_totals(trace);
	}
	if (delivery_failed(trace->delivery))
		status = EXIT_FAILED;
	if (trace->recorder) {
		recorder_flush(trace->recorder);
		if (recorder_failed(trace->recorder))
			status = EXIT_FAILED;
	}
	return status;
}

static void trace_release(struct trace *trace)
{
	if (trace->tracer)
		tracer_detach(trace->tracer);
	lookup_free(trace->lookup);
	if (trace->assembler)
		assembler_free(trace->assembler);
	recorder_free(trace->recorder);
	delivery_free(trace->delivery);
	loop_free(trace->loop);
	if (trace->kmsg_fd >= 0)
		close(trace->kmsg_fd);
	if (trace->swap_fd >= 0)
		close(trace->swap_fd);
}

int cmd_trace(int argc, char **argv)
{
	static struct trace trace = {.kmsg_fd = -1, .swap_fd = -1};
	int status = EXIT_FAILED, error;

	trace_options_parse(argc, argv, &trace.options);
	signal(SIGPIPE, SIG_IGN);
	error = make_loop(&trace);
	if (error) {
		log_error("cannot begin: %s", strerror(-error));
	} else if (open_outputs(&trace) == 0) {
		host_read(&trace.facts);
		open_kmsg(&trace);
		status = attach(&trace);
		if (status == EXIT_DONE)
			status = finish(&trace, stream(&trace));
	}
	trace_release(&trace);
	return status;
}
