/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/self.h"

#include <errno.h>
#include <sys/mman.h>

#include "proc/file.h"

int self_spare(void)
{
	return file_write("/proc/self/oom_score_adj", "-1000");
}

int self_lock_memory(void)
{
	return mlockall(MCL_CURRENT | MCL_FUTURE) ? -errno : 0;
}
