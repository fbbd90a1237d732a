/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side as the rest of oomtrace sees it: choose a backend, attach it,
 * read its records. Nothing above this header knows libbpf.
 */
#ifndef OOMTRACE_KERNEL_TRACER_H
#define OOMTRACE_KERNEL_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/state.h"
#include "bpf/wire.h"

enum backend { BACKEND_FENTRY, BACKEND_KPROBE, BACKEND_TRACEPOINT, BACKEND_AUTO };

struct refusal {
	bool refused;
	char reason[WIRE_REASON_LEN]; /* what failed, with the kernel's own words */
	char remedy[WIRE_REASON_LEN]; /* what a person can do about it; may be empty */
};

/* What this host gives, each found by trying it; for doctor, and for exit status 3. */
struct survey {
	bool btf;        /* /sys/kernel/btf/vmlinux can be read */
	bool privileged; /* bpf() and perf events are allowed to this user */
	char btf_error[WIRE_REASON_LEN];
	char privilege_error[WIRE_REASON_LEN];
	struct refusal backends[WIRE_BACKENDS];
	int addresses_error; /* of looking up kernel symbols: 0, or a negative errno */
	char addresses_missing[WIRE_REASON_LEN * 2]; /* their names, "": all were found */
	bool gfp_known; /* the names of gfp flags, by what the kernel's types say of them */
	struct wire_gfp gfp;
};

/* What the tracer must know of the host before it loads; proc/ reads it. */
struct tracer_host {
	uint32_t processes;        /* alive now: the ring and the scratch are sized from it */
	uint64_t mem_total_pages;  /* MemTotal */
	uint64_t swap_total_pages; /* SwapTotal */
	uint32_t vm_swappiness;    /* /proc/sys/vm/swappiness */
};

struct tracer_options {
	enum backend backend; /* BACKEND_AUTO, or the only one to try */
	uint32_t ring_size;   /* bytes, a power of two and a multiple of the page; 0: by @host */
	bool verbose;         /* libbpf's talk on stderr */
	bool figures;         /* those of the verifier too, instead of its words where it fails */
	bool no_cmdline;      /* the victim's command line is not to be read */
	bool functions;       /* names of the kernel's functions are wanted */
	struct tracer_host host;
	/* Processes whose SIGTERM and SIGKILL are told; the first empty name ends the list. */
	char user_killers[USER_KILLERS_MAX][WIRE_COMM_LEN];
};

/* Called for each record, in the order of the ring. The bytes live until it returns. */
typedef void (*record_fn)(void *ctx, const void *record, size_t len);

struct tracer;

/*
 * Loads and attaches the first backend that works. Fills @survey in any case.
 * Returns 0 and sets *@ret_tracer; -EOPNOTSUPP when every backend was refused
 * (@survey says why); another negative errno when something else failed.
 */
int tracer_attach(const struct tracer_options *options, struct survey *survey,
		  struct tracer **ret_tracer);
/* What only attaching takes need not be in memory any more. To be called after it was locked. */
void tracer_give_back(void);
/* Leaves the kernel as it was; what the ring holds can still be consumed. */
void tracer_stop(struct tracer *tracer);
/* tracer_stop(), and everything else is gone too. NULL is allowed. */
void tracer_detach(struct tracer *tracer);

/* Swap was added or removed: total_swap_pages, which the tracepoint backend cannot see. */
void tracer_set_swap_total(struct tracer *tracer, uint64_t pages);

/*
 * Names the function that @address lies in, cut at the size. Returns false where it is not known,
 * or names were not asked for. It is a name_fn; @ctx is the tracer.
 */
bool tracer_name_function(void *ctx, uint64_t address, char ret_name[WIRE_SYMBOL_LEN]);

enum backend tracer_backend(const struct tracer *tracer);
uint32_t tracer_max_candidates(const struct tracer *tracer);

/* Readable when records wait. Belongs to the tracer. */
int tracer_fd(const struct tracer *tracer);

/* Hands every waiting record to @fn. Returns how many, or a negative errno. */
int tracer_consume(struct tracer *tracer, record_fn fn, void *ctx);

/* Adds the kernel side's loss counters since attach to @counts[LOSS_MAX]. */
void tracer_losses(const struct tracer *tracer, uint64_t *counts);

/* Tries each backend with a two-instruction program; attaches nothing for good. For doctor. */
void survey_host(struct survey *survey);

#endif /* OOMTRACE_KERNEL_TRACER_H */
