/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a person is told of a run, on stderr: that it began, why it could not, and what it saw. */
#ifndef OOMTRACE_CMD_TRACE_TELL_H
#define OOMTRACE_CMD_TRACE_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/past.h"
#include "core/episode.h"
#include "kernel/probe.h"
#include "kernel/tracer.h"
#include "proc/host.h"
#include "store/store.h"

/* What a person can do who is told nothing but "no". @wanted: the backend asked for. */
void tell_cannot_trace(const struct survey *survey, enum backend wanted);

/* What is missing although it is attached. */
void tell_details(const struct survey *survey);

/*
 * That it is attached since @attached_ns by @backend, and what was before; @backfill: it is about
 * to be told. @name: what the host is called.
 */
void tell_banner(const struct host_facts *facts, const char *name, enum backend backend,
		 uint64_t attached_ns, const struct past *past, bool backfill);

/*
 * What nobody has watched since the store's last tracer did, as of @now_real_ns; @kernel_kills: of
 * the kernel's count, when it was attached.
 */
void tell_missed(uint64_t kernel_kills, const struct store_watch *watch, int64_t now_real_ns);

void tell_totals(const struct totals *totals);

#endif /* OOMTRACE_CMD_TRACE_TELL_H */
