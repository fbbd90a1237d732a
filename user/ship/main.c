// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* oomtrace-ship, which oomtrace ship runs: a program of its own, for it alone knows Kafka. */
#include <argp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/status.h"
#include "ship/identity.h"
#include "ship/shipper.h"

const char *argp_program_version = "oomtrace-ship " OOMTRACE_VERSION;

int main(int argc, char **argv)
{
	static char name[] = "oomtrace ship";
	static struct ship_options options;
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argv[0] = name;
	argp_parse(&ship_argp, argc, argv, 0, NULL, &options);
	/* What a starter left open is nobody's. */
	closefrom(STDERR_FILENO + 1);
	if (ship_hide_secrets(&options)) {
		log_error("not enough memory");
		return EXIT_FAILED;
	}
	status = identity_become(&options);
	if (status)
		return status;
	/* Passwords are not for a core dump. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return shipper_run(&options);
}
