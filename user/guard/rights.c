/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "guard/rights.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/parse.h"

#define GROUPS_MOST 64

/*
 * To look at another user's process that may be about to die: /proc/PID/stat tells where its
 * arguments are only to who may trace it, and /proc/PID/pagemap, whether they are in swap, can be
 * opened only by its owner.
 */
static const cap_value_t looking[] = {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};

/* To attach, as another user than root; docs/SECURITY.md has which kernel wants which. */
static const cap_value_t attaching[] = {
	CAP_BPF,    CAP_PERFMON,  CAP_SYS_ADMIN, CAP_SYS_RESOURCE,
	CAP_SYSLOG, CAP_IPC_LOCK, CAP_SETPCAP,
};

/* Keeps of @wanted what this process is permitted. NULL and errno on failure. */
static cap_t permitted_of(const cap_value_t *wanted, size_t n)
{
	cap_t have = cap_get_proc(), kept = cap_init();

	for (size_t i = 0; have && kept && i < n; i++) {
		cap_flag_value_t is = CAP_CLEAR;

		/* A kernel that does not know it does not permit it. */
		if (cap_get_flag(have, wanted[i], CAP_PERMITTED, &is) || is != CAP_SET)
			continue;
		cap_set_flag(kept, CAP_PERMITTED, 1, &wanted[i], CAP_SET);
		cap_set_flag(kept, CAP_EFFECTIVE, 1, &wanted[i], CAP_SET);
	}
	if (!have) {
		cap_free(kept);
		kept = NULL;
	}
	cap_free(have);
	return kept;
}

int rights_prepare(struct rights *rights, bool looks)
{
	rights->kept = permitted_of(looking, looks ? sizeof(looking) / sizeof(*looking) : 0);
	return rights->kept ? 0 : -ENOMEM;
}

int rights_enter(const struct rights *rights)
{
	if (!rights->kept)
		return -ENODATA;
	/* No matter where that is not allowed: nothing is executed that could gain by it. */
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		cap_drop_bound(cap);
	return cap_set_proc(rights->kept) ? -errno : 0;
}

void rights_free(struct rights *rights)
{
	cap_free(rights->kept);
	rights->kept = NULL;
}

/* UID[:GID]. Returns whether @text is that. */
static bool parse_ids(const char *text, struct rights_user *ret_user)
{
	size_t len = strcspn(text, ":");
	char uid_text[16];
	uint64_t uid, gid;

	if (len >= sizeof(uid_text))
		return false;
	memcpy(uid_text, text, len);
	uid_text[len] = '\0';
	if (parse_number(uid_text, UINT32_MAX - 1, &uid))
		return false;
	gid = uid;
	if (text[len] && parse_number(text + len + 1, UINT32_MAX - 1, &gid))
		return false;
	*ret_user = (struct rights_user){.uid = (uid_t)uid, .gid = (gid_t)gid};
	return true;
}

int rights_find_user(const char *text, struct rights_user *ret_user)
{
	const struct passwd *entry;
	int error = -ENOENT;
	FILE *file;

	if (parse_ids(text, ret_user))
		return 0;
	/* Not getpwnam(): what it asks may be a library that a static binary cannot load. */
	file = fopen("/etc/passwd", "re");
	if (!file)
		return -errno;
	while (error && (entry = fgetpwent(file))) {
		if (strcmp(entry->pw_name, text) != 0)
			continue;
		*ret_user = (struct rights_user){.uid = entry->pw_uid, .gid = entry->pw_gid};
		error = 0;
	}
	fclose(file);
	return error;
}

int rights_become(const struct rights_user *user)
{
	cap_t kept = permitted_of(attaching, sizeof(attaching) / sizeof(*attaching));
	int error = 0;

	if (!kept)
		return -ENOMEM;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) ||
	    setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid) || cap_set_proc(kept) ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		error = -errno;
	cap_free(kept);
	return error;
}

/* Whether @name is among the members of @group. */
static bool is_member(const struct group *group, const char *name)
{
	for (char *const *member = group->gr_mem; *member; member++)
		if (strcmp(*member, name) == 0)
			return true;
	return false;
}

/* The groups of @name, and @own, into @groups. Returns how many; what is beyond @most is left out.
 */
static size_t groups_of(const char *name, gid_t own, gid_t *groups, size_t most)
{
	/* Not getgrouplist(), as with getpwnam() above. */
	FILE *file = name ? fopen("/etc/group", "re") : NULL;
	const struct group *group;
	size_t n = 0;

	groups[n++] = own;
	while (file && n < most && (group = fgetgrent(file)))
		if (group->gr_gid != own && is_member(group, name))
			groups[n++] = group->gr_gid;
	if (file)
		fclose(file);
	return n;
}

int rights_give_up(void)
{
	struct rights none = {0};
	int error = rights_prepare(&none, false);

	if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		error = -errno;
	if (!error)
		error = rights_enter(&none);
	rights_free(&none);
	return error;
}

int rights_leave(const char *name, const struct rights_user *user)
{
	gid_t groups[GROUPS_MOST];
	size_t n = groups_of(name, user->gid, groups, GROUPS_MOST);

	if (setgroups(n, groups) || setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return -errno;
	return rights_give_up();
}
