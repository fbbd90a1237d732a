// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/identity.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/rights.h"
#include "lib/log.h"
#include "lib/status.h"

/* Any other directory is somebody's. */
static void make_directory(const struct ship_options *options, const struct rights_user *user)
{
	if (options->own_watermark || mkdir(SHIP_DIRECTORY, 0700))
		return;
	if (chown(SHIP_DIRECTORY, user->uid, user->gid))
		log_warn("%s is not %s's: %s", SHIP_DIRECTORY,
			 options->user ? options->user : SHIP_USER, strerror(errno));
}

static int find_user(const struct ship_options *options, struct rights_user *ret_user)
{
	const char *name = options->user ? options->user : SHIP_USER;
	int error = rights_find_user(name, ret_user);

	if (!error && ret_user->uid)
		return 0;
	if (!error)
		log_error("a shipper that is root could do anything else: name another user");
	else if (error != -ENOENT)
		log_error("cannot find user '%s': %s", name, strerror(-error));
	else if (options->user)
		log_error("no user '%s' in /etc/passwd: a name, or UID[:GID]", name);
	else
		log_error("as root nothing is shipped: name a user who may read the store, with "
			  "--user, or create one of the name " SHIP_USER ": "
			  "useradd --system " SHIP_USER);
	return EXIT_USAGE;
}

int identity_become(const struct ship_options *options)
{
	struct rights_user user;
	int status, error;

	if (geteuid() == 0) {
		const char *name = options->user ? options->user : SHIP_USER;

		status = find_user(options, &user);
		if (status)
			return status;
		make_directory(options, &user);
		error = rights_leave(name, &user);
	} else {
		error = rights_give_up();
		if (options->user && !rights_find_user(options->user, &user) &&
		    user.uid != geteuid()) {
			log_error("only root can become user '%s'", options->user);
			return EXIT_FAILED;
		}
	}
	if (!error)
		return 0;
	log_error("cannot give up what a shipper does not need: %s", strerror(-error));
	return EXIT_FAILED;
}
