/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kernel's release, as uname -r prints it and as people write it. */
#ifndef OOMTRACE_CORE_RELEASE_H
#define OOMTRACE_CORE_RELEASE_H

#include <stdbool.h>

struct release {
	unsigned int major, minor, patch;
	/*
	 * It carries more than the kernel's own number: a distributor's kernel, which may hold
	 * patches of later releases.
	 */
	bool vendor;
	bool el6;                /* Red Hat Enterprise Linux 6 and its rebuilds */
	unsigned int ubuntu_abi; /* 150 of 5.4.0-150-generic; 0: not of that kind */
};

/*
 * Reads "3.0.12", "v7.2-rc3", "2.6.32-358.el6.x86_64", "5.4.0-150-generic". Of 2.6.32.67 the last
 * number is dropped: it never changed a rule. Returns 0, or -EINVAL when @text is no release.
 */
int release_parse(const char *text, struct release *ret_release);

/* Whether @text is a release, and one before major.minor. */
bool release_before(const char *text, unsigned int major, unsigned int minor);

/* Below 0, 0 or above 0, as @release is older than major.minor.patch, that, or newer. */
int release_compare(const struct release *release, unsigned int major, unsigned int minor,
		    unsigned int patch);

#endif /* OOMTRACE_CORE_RELEASE_H */
