// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* oomtrace ship: leaves root, and becomes the program that ships. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/verbs.h"
#include "lib/log.h"
#include "ship/identity.h"
#include "ship/options.h"

/* Beside this program, and where it is installed to, as seen from there. */
static const char *const places[] = {"", "../libexec/oomtrace/"};

/* Returns whether there is one, and its path. */
static bool find_program(char ret_path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *directory;

	if (len <= 0)
		return false;
	self[len] = '\0';
	directory = dirname(self);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int needed =
			snprintf(ret_path, PATH_MAX, "%s/%s" SHIP_PROGRAM, directory, places[i]);

		if (needed < PATH_MAX && access(ret_path, X_OK) == 0)
			return true;
	}
	return false;
}

int cmd_ship(int argc, char **argv)
{
	static struct ship_options options;
	char path[PATH_MAX];
	int status;

	argp_parse(&ship_argp, argc, argv, 0, NULL, &options);
	if (!find_program(path)) {
		log_error("this installation has no " SHIP_PROGRAM
			  ": on Debian, install the package " SHIP_PROGRAM
			  "; from source, install librdkafka-dev, then make and make "
			  "install");
		return EXIT_FAILED;
	}
	/* Before it, so that none of the libraries that it is linked with ever runs as root. */
	status = identity_become(&options);
	if (status)
		return status;
	execv(path, argv);
	log_error("cannot run %s: %s", path, strerror(errno));
	return EXIT_FAILED;
}
