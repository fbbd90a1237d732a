/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/cgroup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "proc/file.h"

#define MOUNTINFO_BYTES (1024 * 1024) /* a host with thousands of containers mounts a lot */

struct cgroup_mount {
	char root[PATH_MAX];  /* what of the hierarchy the mount shows */
	char point[PATH_MAX]; /* where it is */
	bool v2;
	bool memory; /* version 1: has the memory controller */
};

/* One octal escape as mountinfo writes blanks: "\040". */
static bool is_escape(const char *at, size_t left)
{
	return left >= 4 && at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' &&
	       at[2] <= '7' && at[3] >= '0' && at[3] <= '7';
}

/* Copies a field of mountinfo with its escapes undone. Returns whether it fits. */
static bool copy_field(char to[PATH_MAX], const char *from, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len;) {
		if (used == PATH_MAX - 1)
			return false;
		if (is_escape(from + i, len - i)) {
			to[used++] = (char)((from[i + 1] - '0') << 6 | (from[i + 2] - '0') << 3 |
					    (from[i + 3] - '0'));
			i += 4;
		} else {
			to[used++] = from[i++];
		}
	}
	to[used] = '\0';
	return true;
}

/* Takes the next blank-separated field off *@at. Returns false at the end of the line. */
static bool next_field(const char **at, const char *end, const char **ret_field, size_t *ret_len)
{
	const char *field = *at, *blank;

	if (field >= end)
		return false;
	blank = memchr(field, ' ', (size_t)(end - field));
	if (!blank)
		blank = end;
	*ret_field = field;
	*ret_len = (size_t)(blank - field);
	*at = blank + 1;
	return true;
}

static bool field_is(const char *field, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(field, word, len) == 0;
}

/* Whether @word is one of the comma-separated @options. */
static bool has_option(const char *options, size_t len, const char *word)
{
	const char *end = options + len;

	while (options < end) {
		const char *comma = memchr(options, ',', (size_t)(end - options));

		if (!comma)
			comma = end;
		if (field_is(options, (size_t)(comma - options), word))
			return true;
		options = comma + 1;
	}
	return false;
}

/* A line: id parent dev root point options [tags…] - type source super. Returns whether cgroup. */
static bool parse_mount(const char *line, const char *end, struct cgroup_mount *ret_mount)
{
	const char *field, *root = NULL, *point = NULL;
	size_t len, root_len = 0, point_len = 0;

	for (int i = 0; next_field(&line, end, &field, &len); i++) {
		if (i == 3) {
			root = field;
			root_len = len;
		} else if (i == 4) {
			point = field;
			point_len = len;
		} else if (i > 5 && field_is(field, len, "-")) {
			break;
		}
	}
	if (!point || !next_field(&line, end, &field, &len))
		return false;
	ret_mount->v2 = field_is(field, len, "cgroup2");
	if (!ret_mount->v2 && !field_is(field, len, "cgroup"))
		return false;
	if (!next_field(&line, end, &field, &len) || !next_field(&line, end, &field, &len))
		return false;
	ret_mount->memory = has_option(field, len, "memory");
	return copy_field(ret_mount->root, root, root_len) &&
	       copy_field(ret_mount->point, point, point_len);
}

/* The next cgroup mount at or after *@at; moves *@at past its line. */
static bool next_mount(const char **at, const char *end, struct cgroup_mount *ret_mount)
{
	while (*at < end) {
		const char *line = *at;
		const char *eol = memchr(line, '\n', (size_t)(end - line));

		if (!eol)
			eol = end;
		*at = eol + 1;
		if (parse_mount(line, eol, ret_mount))
			return true;
	}
	return false;
}

void cgroup_find_mounts(const char *mountinfo, size_t len, char ret_v1_memory[PATH_MAX],
			char ret_v2[PATH_MAX])
{
	const char *end = mountinfo + len;
	struct cgroup_mount mount;

	ret_v1_memory[0] = ret_v2[0] = '\0';
	while (next_mount(&mountinfo, end, &mount)) {
		char *to = mount.v2 ? ret_v2 : mount.memory ? ret_v1_memory : NULL;

		if (to && !*to)
			strcpy(to, mount.point);
	}
}

static ssize_t read_mountinfo(char **ret_text)
{
	char *text = malloc(MOUNTINFO_BYTES);
	ssize_t len = text ? file_read("/proc/self/mountinfo", text, MOUNTINFO_BYTES) : -ENOMEM;

	if (len < 0)
		free(text);
	else
		*ret_text = text;
	return len;
}

void cgroup_mounts(char ret_v1_memory[PATH_MAX], char ret_v2[PATH_MAX])
{
	scope_free char *mountinfo = NULL;
	ssize_t len = read_mountinfo(&mountinfo);

	cgroup_find_mounts(len < 0 ? "" : mountinfo, len < 0 ? 0 : (size_t)len, ret_v1_memory,
			   ret_v2);
}

int cgroup_v1_memory_mount(char ret_point[PATH_MAX])
{
	scope_free char *mountinfo = NULL;
	char v1[PATH_MAX] = "", v2[PATH_MAX];
	ssize_t len = read_mountinfo(&mountinfo);

	if (len >= 0)
		cgroup_find_mounts(mountinfo, (size_t)len, v1, v2);
	if (!*v1)
		return -ENOENT;
	strcpy(ret_point, v1);
	return 0;
}

enum cgroup_version cgroup_memory_version(void)
{
	char v1[PATH_MAX], v2[PATH_MAX], path[PATH_MAX + 32], controllers[4096];
	ssize_t len;

	cgroup_mounts(v1, v2);
	if (*v1)
		return CGROUP_V1;
	if (!*v2)
		return CGROUP_NONE;
	snprintf(path, sizeof(path), "%s/cgroup.controllers", v2);
	len = file_read(path, controllers, sizeof(controllers));
	return len > 0 && strstr(controllers, "memory") ? CGROUP_V2 : CGROUP_NONE;
}

/* Whether a component of @path is "..". */
static bool climbs(const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += len + strspn(path + len, "/");
	}
	return false;
}

/* Appends @path to the normal @to: one slash before each name, none at the end. */
static int append_path(char to[PATH_MAX], const char *path)
{
	size_t used = strlen(to);

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t len = strcspn(path, "/");

		if (!(len == 1 && *path == '.')) {
			if (used + len + 2 > PATH_MAX)
				return -ENAMETOOLONG;
			to[used++] = '/';
			memcpy(to + used, path, len);
			used += len;
			to[used] = '\0';
		}
		path += len;
	}
	return 0;
}

/* What of @path lies below the directory @above, or NULL if it does not. */
static const char *below(const char *path, const char *above)
{
	size_t len = strlen(above);

	if (strncmp(path, above, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

int cgroup_resolve(const char *mountinfo, size_t len, const char *named, char ret_path[PATH_MAX])
{
	const char *end = mountinfo + len, *rest = named;
	char path[PATH_MAX] = "";
	struct cgroup_mount mount;
	size_t longest = 0;
	int error;

	if (!*named || climbs(named))
		return -EINVAL;
	while (next_mount(&mountinfo, end, &mount)) {
		const char *inside = below(named, mount.point);

		if (!inside || strlen(mount.point) <= longest)
			continue;
		longest = strlen(mount.point);
		rest = inside;
		/* Seen through a cgroup namespace, the root may lie above: "/../..". */
		path[0] = '\0';
		if (!climbs(mount.root)) {
			error = append_path(path, mount.root);
			if (error)
				return error;
		}
	}
	error = append_path(path, rest);
	if (error)
		return error;
	strcpy(ret_path, *path ? path : "/");
	return 0;
}

int cgroup_path(const char *named, char ret_path[PATH_MAX])
{
	scope_free char *mountinfo = NULL;
	ssize_t len = read_mountinfo(&mountinfo);

	return cgroup_resolve(len < 0 ? "" : mountinfo, len < 0 ? 0 : (size_t)len, named, ret_path);
}
