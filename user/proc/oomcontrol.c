/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/oomcontrol.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "proc/cgroup.h"
#include "proc/file.h"
#include "proc/host.h"

#define CONTROL_BYTES 256 /* three short lines */
#define DEPTH_MAX     64  /* directories below each other: each costs a descriptor */

/* The directory being looked at: where it is, and the same as a cgroup. */
struct place {
	char directory[PATH_MAX];
	size_t top_len; /* of its beginning, that the walk did not add */
	const char *base;
};

static void look_at(const struct place *place, struct oom_disabled *disabled)
{
	const char *below = place->directory + place->top_len;
	char path[PATH_MAX + 32], text[CONTROL_BYTES];
	uint64_t is_disabled = 0, under_oom = 0;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/memory.oom_control", place->directory);
	len = file_read(path, text, sizeof(text));
	if (len < 0 || find_number(text, (size_t)len, "oom_kill_disable", &is_disabled) ||
	    !is_disabled)
		return;
	if (disabled->count == OOM_DISABLED_GROUPS) {
		disabled->more++;
		return;
	}
	find_number(text, (size_t)len, "under_oom", &under_oom);
	snprintf(path, sizeof(path), "%s%s", strcmp(place->base, "/") != 0 ? place->base : "",
		 below);
	if (!*path)
		strcpy(path, "/");
	snprintf(disabled->groups[disabled->count].path, PATH_MAX, "%.*s", PATH_MAX - 1, path);
	disabled->groups[disabled->count++].under_oom = under_oom;
}

static void walk(struct place *place, int depth, struct oom_disabled *disabled)
{
	DIR *directory = opendir(place->directory);
	size_t len = strlen(place->directory);
	struct dirent *entry;

	look_at(place, disabled);
	while (directory && depth < DEPTH_MAX && (entry = readdir(directory))) {
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, "..") ||
		    len + 1 + strlen(entry->d_name) >= sizeof(place->directory))
			continue;
		place->directory[len] = '/';
		strcpy(place->directory + len + 1, entry->d_name);
		walk(place, depth + 1, disabled);
		place->directory[len] = '\0';
	}
	if (directory)
		closedir(directory);
}

void oom_disabled_below(const char *top, const char *base, struct oom_disabled *ret_disabled)
{
	struct place place = {.top_len = strlen(top), .base = base};

	ret_disabled->count = ret_disabled->more = 0;
	if (place.top_len >= sizeof(place.directory))
		return;
	strcpy(place.directory, top);
	walk(&place, 0, ret_disabled);
}

void oom_disabled_here(struct oom_disabled *ret_disabled)
{
	char point[PATH_MAX], base[PATH_MAX];

	ret_disabled->count = ret_disabled->more = 0;
	if (!cgroup_v1_memory_mount(point) && !cgroup_path(point, base))
		oom_disabled_below(point, base, ret_disabled);
}
