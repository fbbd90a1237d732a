/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/memcg.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/parse.h"
#include "proc/file.h"
#include "proc/host.h"

#define DEPTH_MAX   64
#define VALUE_BYTES 256

/* What each version calls the files. */
struct names {
	const char *usage, *limit, *swap_usage, *swap_limit;
};

static const struct names names_v1 = {
	"memory.usage_in_bytes",
	"memory.limit_in_bytes",
	"memory.memsw.usage_in_bytes",
	"memory.memsw.limit_in_bytes",
};
static const struct names names_v2 = {
	"memory.current",
	"memory.max",
	"memory.swap.current",
	"memory.swap.max",
};

/* Returns how many bytes, or a negative errno. */
static ssize_t read_file_of(const struct memcg_mount *mount, const char *path, const char *name,
			    char *ret_text, size_t size)
{
	char file[PATH_MAX];
	int len = snprintf(file, sizeof(file), "%s%s/%s", mount->point,
			   strcmp(path, "/") == 0 ? "" : path, name);

	if (len < 0 || (size_t)len >= sizeof(file))
		return -ENAMETOOLONG;
	return file_read(file, ret_text, size);
}

/* "4096\n", or "max\n". */
static int read_bytes(const struct memcg_mount *mount, const char *path, const char *name,
		      uint64_t *ret_bytes, bool *ret_max)
{
	char text[VALUE_BYTES];
	ssize_t len = read_file_of(mount, path, name, text, sizeof(text));

	if (len < 0)
		return (int)len;
	text[strcspn(text, "\n")] = '\0';
	*ret_max = strcmp(text, "max") == 0;
	return *ret_max ? 0 : parse_number(text, UINT64_MAX, ret_bytes);
}

/* PAGE_COUNTER_MAX, LONG_MAX rounded down to whole pages, is how version 1 writes that there is
 * none. */
static bool is_no_limit(uint64_t bytes)
{
	return bytes >= INT64_MAX / 65536 * 65536;
}

static void read_limit(const struct memcg_mount *mount, const char *path, const char *name,
		       uint64_t *ret_bytes, bool *ret_max)
{
	/* Only the root of version 2 lacks the file, and it has no limit. */
	if (read_bytes(mount, path, name, ret_bytes, ret_max) || is_no_limit(*ret_bytes))
		*ret_max = true;
	if (*ret_max)
		*ret_bytes = 0;
}

static void read_oom_control(const struct memcg_mount *mount, const char *path,
			     struct memcg_state *state)
{
	char text[VALUE_BYTES];
	ssize_t len = read_file_of(mount, path, "memory.oom_control", text, sizeof(text));
	uint64_t value;

	if (len < 0)
		return;
	state->oom_kill_disabled =
		!find_number(text, (size_t)len, "oom_kill_disable", &value) && value;
	state->under_oom = !find_number(text, (size_t)len, "under_oom", &value) && value;
}

static bool directory_exists(const struct memcg_mount *mount, const char *path, int *ret_error)
{
	char directory[PATH_MAX];
	struct stat stat_of;
	int len = snprintf(directory, sizeof(directory), "%s%s", mount->point, path);

	*ret_error = len < 0 || (size_t)len >= sizeof(directory) ? -ENAMETOOLONG
		     : stat(directory, &stat_of)                 ? -errno
		     : S_ISDIR(stat_of.st_mode)                  ? 0
								 : -ENOTDIR;
	return !*ret_error;
}

int memcg_read(const struct memcg_mount *mount, const char *path, struct memcg_state *ret_state)
{
	const struct names *names = mount->v1 ? &names_v1 : &names_v2;
	struct memcg_state state = {.memcg = {.path = path, .v1 = mount->v1}};
	struct memcg *memcg = &state.memcg;
	bool is_max;
	int error;

	if (!directory_exists(mount, path, &error))
		return error;
	memcg->known = MEMCG_KNOWS_PATH;
	if (!read_bytes(mount, path, names->usage, &memcg->usage_bytes, &is_max))
		memcg->known |= MEMCG_KNOWS_USAGE;
	read_limit(mount, path, names->limit, &memcg->limit_bytes, &memcg->limit_is_max);
	if (!read_bytes(mount, path, names->swap_usage, &memcg->swap_bytes, &is_max)) {
		memcg->known |= MEMCG_KNOWS_SWAP;
		read_limit(mount, path, names->swap_limit, &memcg->swap_limit_bytes,
			   &memcg->swap_limit_is_max);
	}
	if (mount->v1) {
		read_oom_control(mount, path, &state);
		state.has_swappiness =
			!read_bytes(mount, path, "memory.swappiness", &state.swappiness, &is_max);
	} else {
		uint64_t group = 0;

		memcg->oom_group =
			!read_bytes(mount, path, "memory.oom.group", &group, &is_max) && group;
	}
	*ret_state = state;
	return 0;
}

struct walk {
	const struct memcg_mount *mount;
	memcg_fn fn;
	void *ctx;
	char path[PATH_MAX]; /* of the cgroup that is being looked at; "" is the root */
};

static int visit(struct walk *walk, unsigned int depth);

/* Everything below the open directory of walk->path. */
static int visit_children(struct walk *walk, DIR *dir, unsigned int depth)
{
	size_t len = strlen(walk->path);
	struct dirent *entry;
	int status = 0;

	while (!status && (entry = readdir(dir))) {
		size_t name = strlen(entry->d_name);

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    len + name + 2 > sizeof(walk->path))
			continue;
		walk->path[len] = '/';
		memcpy(walk->path + len + 1, entry->d_name, name + 1);
		status = visit(walk, depth + 1);
		walk->path[len] = '\0';
	}
	return status;
}

static int visit(struct walk *walk, unsigned int depth)
{
	char directory[PATH_MAX];
	struct memcg_state state;
	int len, status = 0;
	DIR *dir;

	if (!memcg_read(walk->mount, *walk->path ? walk->path : "/", &state) &&
	    (!state.memcg.limit_is_max || state.oom_kill_disabled))
		status = walk->fn(walk->ctx, &state);
	if (status || depth == DEPTH_MAX)
		return status;
	len = snprintf(directory, sizeof(directory), "%s%s", walk->mount->point, walk->path);
	if (len < 0 || (size_t)len >= sizeof(directory))
		return 0;
	dir = opendir(directory);
	if (!dir)
		return depth ? 0 : -errno;
	status = visit_children(walk, dir, depth);
	closedir(dir);
	return status;
}

int memcg_walk(const struct memcg_mount *mount, memcg_fn fn, void *ctx)
{
	struct walk walk = {.mount = mount, .fn = fn, .ctx = ctx, .path = ""};

	return visit(&walk, 0);
}
