/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/trace_tell.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/units.h"

#define MS 1000000ULL

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

void tell_cannot_trace(const struct survey *survey, enum backend wanted)
{
	if (!survey->privileged && *survey->privilege_error)
		log_error("not allowed to trace: %s", survey->privilege_error);
	else if (!survey->btf && *survey->btf_error)
		log_error("the kernel's types are missing: %s", survey->btf_error);
	else /* else each was refused for this one reason */
		tell_refusals(survey, wanted);
	if (geteuid() != 0 && !survey->privileged)
		log_error("tracing needs root, or these capabilities: sudo oomtrace");
	else if (!survey->privileged)
		log_error(
			"root may not here: what is missing is given to a container by --cap-add, "
			"to a unit by CapabilityBoundingSet=; 'oomtrace doctor' says more");
	else
		log_error("nothing could be attached; 'oomtrace doctor' says more");
}

void tell_details(const struct survey *survey)
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

static void tell_past_kills(const struct host_facts *facts, const struct past *past, bool backfill)
{
	uint64_t kills = facts->oom_kills;
	char told[32] = "none";

	if (kills == WIRE_NONE_U64 || !kills)
		return;
	if (past->told)
		snprintf(told, sizeof(told), "%lu", (unsigned long)past->told);
	if (past->error)
		log_plain("%lu OOM kill%s since boot.", (unsigned long)kills,
			  kills == 1 ? "" : "s");
	else
		log_plain("%lu OOM kill%s since boot, %s of them still in the kernel log%s",
			  (unsigned long)kills, kills == 1 ? "" : "s", told,
			  !past->told ? "."
			  : backfill  ? ": told first."
				      : ": see --backfill.");
}

void tell_banner(const struct host_facts *facts, const char *name, enum backend backend,
		 uint64_t attached_ns, const struct past *past, bool backfill)
{
	char took[32] = "";

	if (facts->exec_ns != WIRE_NONE_U64 && attached_ns > facts->exec_ns)
		snprintf(took, sizeof(took), " in %lu ms",
			 (unsigned long)((attached_ns - facts->exec_ns) / MS));
	log_plain("oomtrace %s on %s, kernel %s: %s, attached%s. Ctrl-C ends.", OOMTRACE_VERSION,
		  name, facts->kernel, backend_name(backend), took);
	tell_past_kills(facts, past, backfill);
	if (facts->own_pids)
		log_plain("Runs in a pid namespace of its own: pids are the host's, ns_pid those "
			  "in a process's own namespace. Command lines that are in /proc only are "
			  "not found.");
}

void tell_missed(uint64_t kernel_kills, const struct store_watch *watch, int64_t now_real_ns)
{
	units_text from, to;
	uint64_t missed;

	units_clock(from, watch->until_real_ns, now_real_ns, 0);
	units_clock(to, now_real_ns, now_real_ns, 0);
	if (!watch->same_boot) {
		log_plain("Nothing has watched since %s; the host was restarted meanwhile.", from);
		return;
	}
	if (!watch->kills_known || kernel_kills == WIRE_NONE_U64 ||
	    kernel_kills <= watch->kernel_kills)
		return;
	missed = kernel_kills - watch->kernel_kills;
	log_plain("Missed %lu OOM kill%s between %s and %s: nothing watched.",
		  (unsigned long)missed, missed == 1 ? "" : "s", from, to);
}

void tell_totals(const struct totals *totals)
{
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
