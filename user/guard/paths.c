/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "guard/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What came after the headers that this may be built with: Documentation/userspace-api/landlock.rst
 */
#define ACCESS_TRUNCATE  (1ULL << 14) /* version 3 */
#define ACCESS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define NET_BIND_CONNECT 3ULL         /* version 4: TCP */
#define SCOPE_ABSTRACT   1ULL         /* version 6: sockets by names that are in no file system */
#define SCOPE_SIGNAL     2ULL         /* version 6: to other processes */

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITES                                                         \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | ACCESS_TRUNCATE)
/* All of the first version: its 13 lowest. */
#define FIRST (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)

struct attributes {
	uint64_t access_fs, access_net, scoped;
};

/* The version, or a negative errno. */
static long version(void)
{
	long is = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return is < 0 ? -errno : is;
}

int paths_offered(void)
{
	long is = version();

	return is < 0 ? (int)is : 0;
}

/* Everything that @is of a version can be told to refuse. */
static struct attributes attributes_of(long is)
{
	struct attributes all = {.access_fs = FIRST};

	if (is >= 2)
		all.access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (is >= 3)
		all.access_fs |= ACCESS_TRUNCATE;
	if (is >= 4)
		all.access_net = NET_BIND_CONNECT;
	if (is >= 5)
		all.access_fs |= ACCESS_IOCTL_DEV;
	if (is >= 6)
		all.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	return all;
}

/* What is not there needs no rule. Returns 0 or a negative errno. */
static int add_rule(int rules, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access};
	int error = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		error = -errno;
	close(rule.parent_fd);
	return error;
}

static int add_rules(int rules, const struct attributes *all, const char *const *written, size_t n)
{
	static const char *const read[] = {"/proc", "/sys/fs/cgroup", "/var/log/pods"};
	char path[PATH_MAX];
	int error = 0;

	for (size_t i = 0; i < sizeof(read) / sizeof(*read) && !error; i++)
		error = add_rule(rules, read[i], READS);
	for (size_t i = 0; i < n && !error; i++) {
		snprintf(path, sizeof(path), "%s", written[i]);
		error = add_rule(rules, dirname(path), (READS | WRITES) & all->access_fs);
	}
	return error;
}

int paths_prepare(const char *const *written, size_t n)
{
	long is = version();
	struct attributes all = attributes_of(is);
	/* A kernel takes no more of it than it knows: each part came with its version. */
	size_t size = is >= 6 ? sizeof(all) : is >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	int rules, error;

	if (is < 0)
		return (int)is;
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
	if (rules < 0)
		return -errno;
	error = add_rules(rules, &all, written, n);
	if (!error)
		return rules;
	close(rules);
	return error;
}

int paths_enter(int rules)
{
	if (rules < 0)
		return rules;
	return syscall(SYS_landlock_restrict_self, rules, 0) ? -errno : 0;
}

void paths_free(int rules)
{
	if (rules >= 0)
		close(rules);
}
