/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands in for the kernel room, which unit tests do not link: a host where nothing attaches. */
#include "kernel/tracer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void survey_host(struct survey *survey)
{
	memset(survey, 0, sizeof(*survey));
	survey->btf = survey->privileged = true;
	for (unsigned int i = 0; i < WIRE_BACKENDS; i++) {
		survey->backends[i].refused = true;
		snprintf(survey->backends[i].reason, WIRE_REASON_LEN, "this is a test");
		snprintf(survey->backends[i].remedy, WIRE_REASON_LEN, "run the real one");
	}
}

int tracer_attach(const struct tracer_options *options, struct survey *survey,
		  struct tracer **ret_tracer)
{
	(void)options;
	(void)ret_tracer;
	survey_host(survey);
	return -EOPNOTSUPP;
}

void tracer_give_back(void)
{
}

void tracer_stop(struct tracer *tracer)
{
	(void)tracer;
}

void tracer_detach(struct tracer *tracer)
{
	(void)tracer;
}

void tracer_set_swap_total(struct tracer *tracer, uint64_t pages)
{
	(void)tracer;
	(void)pages;
}

bool tracer_name_function(void *ctx, uint64_t address, char ret_name[WIRE_SYMBOL_LEN])
{
	(void)ctx;
	(void)address;
	(void)ret_name;
	return false;
}

enum backend tracer_backend(const struct tracer *tracer)
{
	(void)tracer;
	return BACKEND_TRACEPOINT;
}

uint32_t tracer_max_candidates(const struct tracer *tracer)
{
	(void)tracer;
	return 1;
}

int tracer_fd(const struct tracer *tracer)
{
	(void)tracer;
	return -1;
}

int tracer_consume(struct tracer *tracer, record_fn fn, void *ctx)
{
	(void)tracer;
	(void)fn;
	(void)ctx;
	return 0;
}

void tracer_losses(const struct tracer *tracer, uint64_t *counts)
{
	(void)tracer;
	(void)counts;
}
