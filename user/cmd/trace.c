/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace trace: the kernel's records through the assembler to the outputs, until told to end. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cmd/backfill.h"
#include "cmd/delivery.h"
#include "cmd/feeder.h"
#include "cmd/held.h"
#include "cmd/hostrecord.h"
#include "cmd/metering.h"
#include "cmd/protect.h"
#include "cmd/trace_options.h"
#include "cmd/trace_tell.h"
#include "cmd/verbs.h"
#include "core/assemble.h"
#include "kernel/tracer.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "proc/host.h"
#include "proc/kmsg.h"
#include "proc/lookup.h"

/* Of what happens while logs are read: hundreds of kills. */
#define HELD_BYTES (16UL << 20)

struct trace {
	struct trace_options options;
	struct host_facts facts;
	struct survey survey;
	struct tracer *tracer;
	struct feeder feeder;
	struct delivery *delivery;
	struct metering *metering; /* NULL: not asked for */
	struct loop *loop;
	int deadline_timer, duration_timer, metrics_timer;
	int news_fd; /* an eventfd that the writers ring, or -1 */
	int swap_fd; /* -1: not watched */
	int name_fd; /* the host's name; -1: not watched */
	uint64_t attaching_ns, attached_ns;
	uint64_t attached_kills; /* by the kernel's count, as of attached_ns */
	bool watched_before;     /* last_watch holds: until when, says the store */
	struct store_watch last_watch;
	struct wire_host host;
	struct past past;
	bool unread;      /* a log that was to be read could not be */
	bool at_terminal; /* to who sits there SIGHUP says that it has gone */
};

static void consume_into(struct trace *trace, record_fn fn, void *ctx)
{
	int n = tracer_consume(trace->tracer, fn, ctx);

	if (n < 0) {
		log_error("cannot read the kernel's records: %s", strerror(-n));
		loop_end(trace->loop, EXIT_FAILED);
	}
}

static void consume(struct trace *trace)
{
	consume_into(trace, feeder_record, &trace->feeder);
	feeder_losses(&trace->feeder, trace->tracer);
}

/* After anything that happened: what is due, what is next, and whether this was all. */
static void settle(struct trace *trace)
{
	uint64_t deadline, full_until = delivery_full_until(trace->delivery);

	delivery_settle(trace->delivery, trace->feeder.assembler);
	feeder_settle(&trace->feeder);
	if (delivery_deserted(trace->delivery) && !trace->feeder.recorder)
		loop_end(trace->loop, EXIT_DONE);
	deadline = assembler_deadline(trace->feeder.assembler);
	if (full_until) {
		if (!assembler_pending_outcomes(trace->feeder.assembler) ||
		    loop_now() >= full_until)
			loop_end(trace->loop, EXIT_DONE);
		if (!deadline || full_until < deadline)
			deadline = full_until;
	}
	loop_set_timer(trace->loop, trace->deadline_timer, deadline);
	if (trace->metering)
		loop_set_timer(trace->loop, trace->metrics_timer,
			       metering_deadline(trace->metering));
}

static void on_ring(void *ctx, int fd)
{
	(void)fd;
	consume(ctx);
	settle(ctx);
}

static void on_details(void *ctx, int fd)
{
	struct trace *trace = ctx;

	(void)fd;
	feeder_details(&trace->feeder);
	settle(trace);
}

static void on_deadline(void *ctx, uint64_t now_boot_ns)
{
	struct trace *trace = ctx;

	/* What has arrived meanwhile comes first: it may be what was waited for. */
	consume(trace);
	feeder_kmsg(&trace->feeder, now_boot_ns);
	feeder_mark(&trace->feeder, WIRE_TICK, now_boot_ns);
	settle(trace);
}

static void on_duration(void *ctx, uint64_t now_boot_ns)
{
	struct trace *trace = ctx;

	(void)now_boot_ns;
	loop_end(trace->loop, EXIT_DONE);
}

static void on_metrics(void *ctx, uint64_t now_boot_ns)
{
	struct trace *trace = ctx;

	metering_write(trace->metering, now_boot_ns);
	loop_set_timer(trace->loop, trace->metrics_timer, metering_deadline(trace->metering));
}

/* A writer has something to tell: settle() hears it. */
static void on_news(void *ctx, int fd)
{
	eventfd_t count;

	eventfd_read(fd, &count);
	settle(ctx);
}

static void on_signal(void *ctx, int signo)
{
	struct trace *trace = ctx;

	if (signo == SIGHUP && !trace->at_terminal && delivery_reopen(trace->delivery))
		return;
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
	sigaddset(&signals, SIGHUP);
	error = loop_add_signals(loop, &signals, on_signal, trace);
	if (error)
		return error;
	trace->deadline_timer = loop_add_timer(loop, on_deadline, trace);
	if (trace->deadline_timer < 0)
		return trace->deadline_timer;
	trace->duration_timer = loop_add_timer(loop, on_duration, trace);
	if (trace->duration_timer < 0)
		return trace->duration_timer;
	trace->metrics_timer = loop_add_timer(loop, on_metrics, trace);
	if (trace->metrics_timer < 0)
		return trace->metrics_timer;
	trace->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return trace->news_fd < 0 ? -errno : loop_add_fd(loop, trace->news_fd, on_news, trace);
}

/* Opens everything that is written to. Returns 0, or an errno after having said why. */
static int open_outputs(struct trace *trace)
{
	int error = delivery_new(&trace->options.outputs, STORAGE_TRACE, trace->news_fd,
				 &trace->delivery);

	if (!error)
		trace->watched_before =
			delivery_last_watch(trace->delivery, trace->facts.host,
					    trace->facts.boot_id, &trace->last_watch) > 0;
	if (!error && trace->options.record)
		error = recorder_new(trace->options.record, trace->news_fd,
				     &trace->feeder.recorder);
	if (!error && trace->options.metrics)
		error = metering_new(trace->options.metrics, &trace->metering);
	if (!error && trace->metering)
		delivery_watch(trace->delivery, metering_sink(trace->metering));
	return error;
}

static void open_kmsg(struct trace *trace)
{
	int fd = kmsg_open();

	if (fd < 0)
		log_detail("cannot read the kernel log: %s", strerror(-fd));
	trace->feeder.kmsg_fd = fd < 0 ? -1 : fd;
}

/* Only the tracepoint backend is completed from the kernel log. */
static void close_needless_kmsg(struct trace *trace)
{
	if (tracer_backend(trace->tracer) == BACKEND_TRACEPOINT) {
		if (trace->feeder.kmsg_fd < 0)
			log_note("the kernel log cannot be read: who asked for what stays unknown");
		return;
	}
	if (trace->feeder.kmsg_fd >= 0)
		close(trace->feeder.kmsg_fd);
	trace->feeder.kmsg_fd = -1;
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

/* Returns EXIT_DONE when attached, or the exit status after having said why. */
static int attach(struct trace *trace)
{
	struct tracer_options options = {
		.backend = trace->options.backend,
		.ring_size = trace->options.ring_size,
		.verbose = trace->options.outputs.verbose > 1,
		.figures = trace->options.outputs.verbose > 2,
		.host = tracer_host_of(&trace->facts),
		.no_cmdline = trace->options.no_cmdline,
		.functions = !trace->options.no_stack,
	};
	int error;

	memcpy(options.user_killers, trace->options.user_killers, sizeof(options.user_killers));
	trace->attaching_ns = loop_now();
	error = tracer_attach(&options, &trace->survey, &trace->tracer);

	if (!error) {
		trace->attached_ns = loop_now();
		trace->attached_kills = host_oom_kills();
		tell_details(&trace->survey);
		return EXIT_DONE;
	}
	if (error != -EOPNOTSUPP && error != -EPERM && error != -EACCES) {
		log_error("cannot attach: %s", strerror(-error));
		return EXIT_FAILED;
	}
	tell_cannot_trace(&trace->survey, trace->options.backend);
	return EXIT_CANNOT_TRACE;
}

/*
 * What was before this was attached. @logged: kills that the kernel's log tells of, to be filled,
 * or NULL.
 */
static void survey_past(struct trace *trace, struct seen *logged)
{
	trace->facts.oom_kills = trace->attached_kills;
	host_record(&trace->facts, &trace->survey, tracer_backend(trace->tracer),
		    trace->attached_ns, &trace->host);
	past_survey(&trace->host, logged != NULL, logged, &trace->past);
	trace->facts.oom_kills = host_oom_kills(); /* as of then */
	if (trace->metering)
		metering_begin(trace->metering, trace->attached_kills);
}

/* The first records, and the word to the person that it has begun. */
static void begin(struct trace *trace)
{
	feeder_begin(&trace->feeder, &trace->host, &trace->survey);
	tell_banner(&trace->facts, trace->options.outputs.redact ? "host-1" : trace->facts.host,
		    tracer_backend(trace->tracer), trace->attached_ns, &trace->past,
		    trace->options.backfill);
	if (trace->watched_before)
		tell_missed(trace->attached_kills, &trace->last_watch,
			    (int64_t)trace->attached_ns + clock_offset());
}

/* What is needed while logs are read. */
struct reading {
	struct trace *trace;
	struct seen *live, *logged;
	struct held held;
};

static void give_held(struct reading *reading)
{
	held_give(&reading->held, feeder_record, &reading->trace->feeder);
	feeder_losses(&reading->trace->feeder, reading->trace->tracer);
}

static void hold_record(void *ctx, const void *bytes, size_t len)
{
	struct reading *reading = ctx;
	struct trace *trace = reading->trace;

	feeder_note(&trace->feeder, &trace->host, bytes, len, reading->live);
	if (held_add(&reading->held, bytes, len))
		return;
	give_held(reading);
	if (!held_add(&reading->held, bytes, len))
		feeder_record(&trace->feeder, bytes, len);
}

static bool catch_up(void *ctx, bool give)
{
	struct reading *reading = ctx;

	consume_into(reading->trace, hold_record, reading);
	if (give)
		give_held(reading);
	/* Who reads metrics takes old ones for a tracer's end. */
	return reading->held.len || reading->trace->metering;
}

/* Gives what logs tell of before all that happens from now on. */
static void read_logs(struct reading *reading)
{
	struct trace *trace = reading->trace;
	struct backfill backfill = {
		.delivery = trace->delivery,
		.host = &trace->host,
		.past = &trace->past,
		.logged = reading->logged,
		.live = reading->live,
		.attaching_ns = trace->attaching_ns,
		.catch_up = catch_up,
		.ctx = reading,
		.ring_fd = tracer_fd(trace->tracer),
		.stop_fd = loop_signal_fd(trace->loop),
	};

	survey_past(trace, reading->logged);
	begin(trace);
	trace->unread = backfill_run(&backfill, trace->options.backfill_files,
				     trace->options.n_backfill_files) != 0;
	give_held(reading);
}

static void begin_with_past(struct trace *trace)
{
	struct reading reading = {
		.trace = trace,
		.live = calloc(1, sizeof(*reading.live)),
		.logged = calloc(1, sizeof(*reading.logged)),
	};

	if (held_init(&reading.held, HELD_BYTES) && reading.live && reading.logged) {
		read_logs(&reading);
	} else {
		log_error("not enough memory for what was before");
		survey_past(trace, NULL);
		begin(trace);
		trace->unread = true;
	}
	free(reading.held.bytes);
	free(reading.live);
	free(reading.logged);
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

static void on_name_changed(void *ctx, int fd)
{
	struct trace *trace = ctx;
	char before[WIRE_TEXT_LEN];

	(void)fd;
	memcpy(before, trace->host.host, sizeof(before));
	host_name(trace->host.host);
	if (!strcmp(before, trace->host.host))
		return;
	/* What was before it had its name. */
	consume(trace);
	feeder_rename(&trace->feeder, &trace->host);
	settle(trace);
}

/* DHCP or an administrator may call it something else at any time. */
static void watch_name(struct trace *trace)
{
	if (trace->options.host)
		return;
	trace->name_fd = host_watch_name();
	if (trace->name_fd < 0 ||
	    loop_add_change(trace->loop, trace->name_fd, on_name_changed, trace) < 0)
		log_detail("the host's name is not watched: it stays what it is now");
	else
		host_name(trace->facts.host); /* as of then */
}

/* Before memory is locked: the thread's stack is part of it. */
static void start_lookup(struct trace *trace)
{
	static const struct lookup_roots roots = {.proc = "/proc", .pods = "/var/log/pods"};
	int error = lookup_new(&roots, &trace->feeder.lookup);

	if (!error)
		error = loop_add_fd(trace->loop, lookup_fd(trace->feeder.lookup), on_details,
				    trace);
	if (error)
		log_detail("victims are not looked up in /proc: %s", strerror(-error));
}

/* The outputs' own threads. Returns 0 or a negative errno. */
static int start_writers(struct trace *trace)
{
	int error = delivery_start(trace->delivery);

	if (!error && trace->feeder.recorder)
		error = recorder_start(trace->feeder.recorder);
	return error;
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

	log_never_wait();
	trace->feeder.assembler = assembler_new(&config);
	error = trace->feeder.assembler ? 0 : -ENOMEM;
	if (!error)
		error = delivery_reserve(trace->delivery, config.max_candidates);
	if (!error)
		error = loop_add_fd(trace->loop, tracer_fd(trace->tracer), on_ring, trace);
	if (!error)
		error = start_writers(trace);
	if (error) {
		log_error("cannot begin: %s", strerror(-error));
		return EXIT_FAILED;
	}
	close_needless_kmsg(trace);
	watch_swap(trace);
	watch_name(trace);
	start_lookup(trace);
	trace->feeder.symbolizer.name = tracer_name_function;
	trace->feeder.symbolizer.ctx = trace->tracer;
	protect_spare(&trace->options);
	/* Reading logs takes memory that is given back, and programs that unpack them. */
	if (trace->options.backfill)
		begin_with_past(trace);
	else
		survey_past(trace, NULL);
	protect_now(&trace->options);
	if (!trace->options.backfill)
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

/* Waits until all is written, as long as it is taken. */
static void flush(struct trace *trace)
{
	int cancel_fd = loop_signal_fd(trace->loop);
	uint64_t cancelled_ns = 0;

	delivery_close(trace->delivery);
	if (trace->feeder.recorder)
		recorder_close(trace->feeder.recorder);
	delivery_finish(trace->delivery, cancel_fd, &cancelled_ns);
	if (trace->feeder.recorder)
		recorder_finish(trace->feeder.recorder, cancel_fd, &cancelled_ns);
}

/* Takes what is left and tells the totals. Returns the exit status, @status unless worse. */
static int finish(struct trace *trace, int status)
{
	if (trace->feeder.assembler) {
		tracer_stop(trace->tracer);
		delivery_unwatched(trace->delivery, host_oom_kills());
		if (status == EXIT_DONE)
			consume(trace);
		feeder_details(&trace->feeder);
		feeder_kmsg(&trace->feeder, loop_now());
		feeder_mark(&trace->feeder, WIRE_DETACH, loop_now());
		feeder_settle(&trace->feeder);
		if (trace->metering)
			metering_write(trace->metering, loop_now());
		flush(trace);
		delivery_settle(trace->delivery, trace->feeder.assembler);
		tell_totals(assembler_totals(trace->feeder.assembler));
	}
	if (delivery_failed(trace->delivery) || trace->unread ||
	    (trace->feeder.recorder && recorder_failed(trace->feeder.recorder)))
		status = EXIT_FAILED;
	return status;
}

static void trace_release(struct trace *trace)
{
	if (trace->tracer)
		tracer_detach(trace->tracer);
	lookup_free(trace->feeder.lookup);
	if (trace->feeder.assembler)
		assembler_free(trace->feeder.assembler);
	recorder_free(trace->feeder.recorder);
	metering_free(trace->metering);
	delivery_free(trace->delivery);
	loop_free(trace->loop);
	if (trace->feeder.kmsg_fd >= 0)
		close(trace->feeder.kmsg_fd);
	if (trace->swap_fd >= 0)
		close(trace->swap_fd);
	if (trace->name_fd >= 0)
		close(trace->name_fd);
	if (trace->news_fd >= 0)
		close(trace->news_fd);
}

int cmd_trace(int argc, char **argv)
{
	static struct trace trace = {
		.feeder.kmsg_fd = -1,
		.news_fd = -1,
		.swap_fd = -1,
		.name_fd = -1,
	};
	int status = EXIT_FAILED, error;

	trace_options_parse(argc, argv, &trace.options);
	trace.feeder.no_stack = trace.options.no_stack;
	trace.feeder.no_cmdline = trace.options.no_cmdline;
	trace.at_terminal = isatty(STDIN_FILENO);
	signal(SIGPIPE, SIG_IGN);
	host_read(&trace.facts);
	if (trace.options.host)
		snprintf(trace.facts.host, sizeof(trace.facts.host), "%s", trace.options.host);
	trace.options.outputs.storage.processes = known_or(trace.facts.threads, 1, 0);
	if (protect_begin(&trace.options))
		return EXIT_FAILED;
	error = make_loop(&trace);
	if (error) {
		log_error("cannot begin: %s", strerror(-error));
	} else if (backfill_can_read(trace.options.backfill_files,
				     trace.options.n_backfill_files) &&
		   open_outputs(&trace) == 0) {
		open_kmsg(&trace);
		status = attach(&trace);
		if (status == EXIT_DONE)
			status = finish(&trace, stream(&trace));
	}
	trace_release(&trace);
	return status;
}
