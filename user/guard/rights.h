/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose rights a thread has: capabilities, and the user. */
#ifndef OOMTRACE_GUARD_RIGHTS_H
#define OOMTRACE_GUARD_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/types.h>

struct rights {
	cap_t kept;
};

/*
 * What to keep: nothing, or where it @looks at other processes what that takes, as far as it is
 * there. Returns 0 or a negative errno.
 */
int rights_prepare(struct rights *rights, bool looks);
/* Gives up the rest, in the calling thread. Allocates nothing. Returns 0 or a negative errno. */
int rights_enter(const struct rights *rights);
void rights_free(struct rights *rights);

struct rights_user {
	uid_t uid;
	gid_t gid;
};

/*
 * A name out of /etc/passwd, or UID[:GID] in digits, GID being as UID where it is not given.
 * Directories elsewhere (LDAP) are not asked. Returns 0; -ENOENT: nobody has that name; another
 * negative errno when /etc/passwd cannot be read.
 */
int rights_find_user(const char *text, struct rights_user *ret_user);

/*
 * The process, of one thread so far, is @user from now on, in no other groups, and has of its
 * capabilities those left that attaching takes. Returns 0 or a negative errno.
 */
int rights_become(const struct rights_user *user);

/*
 * The process, of one thread so far, is @user for good, in the groups that /etc/group has for @name
 * (NULL: in no others), without any capability, and gains none by what it executes. Returns 0 or a
 * negative errno.
 */
int rights_leave(const char *name, const struct rights_user *user);

/* Likewise, as the user that it is. */
int rights_give_up(void);

#endif /* OOMTRACE_GUARD_RIGHTS_H */
