/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/oomcontrol.h"

#include <stdio.h>
#include <string.h>

#include "proc/cgroup.h"
#include "proc/memcg.h"

struct search {
	const char *base; /* what the top is as a cgroup; "" for the root */
	struct oom_disabled *disabled;
};

static int look_at(void *ctx, const struct memcg_state *state)
{
	const struct search *search = ctx;
	struct oom_disabled *disabled = search->disabled;
	const char *below = state->memcg.path;

	if (!state->oom_kill_disabled)
		return 0;
	if (disabled->count == OOM_DISABLED_GROUPS) {
		disabled->more++;
		return 0;
	}
	/* The top itself is "/", and is called so only where it is the root. */
	if (*search->base && strcmp(below, "/") == 0)
		below = "";
	snprintf(disabled->groups[disabled->count].path, PATH_MAX, "%s%s", search->base, below);
	disabled->groups[disabled->count++].under_oom = state->under_oom;
	return 0;
}

void oom_disabled_below(const char *top, const char *base, struct oom_disabled *ret_disabled)
{
	const struct memcg_mount mount = {.point = top, .v1 = true};
	struct search search = {
		.base = strcmp(base, "/") != 0 ? base : "",
		.disabled = ret_disabled,
	};

	ret_disabled->count = ret_disabled->more = 0;
	memcg_walk(&mount, look_at, &search);
}

void oom_disabled_here(struct oom_disabled *ret_disabled)
{
	char point[PATH_MAX], base[PATH_MAX];

	ret_disabled->count = ret_disabled->more = 0;
	if (!cgroup_v1_memory_mount(point) && !cgroup_path(point, base))
		oom_disabled_below(point, base, ret_disabled);
}
