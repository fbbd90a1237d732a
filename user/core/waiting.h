/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tasks that wait under a disabled OOM killer of version 1. Nobody selects and nobody dies, and no
 * lock is held: such a record may stand between those of an episode, and is told by itself.
 */
#ifndef OOMTRACE_CORE_WAITING_H
#define OOMTRACE_CORE_WAITING_H

#include "core/draft.h"
#include "core/episode.h"

/*
 * @waiting as a decision without a victim, but for the wall clock. Its path is written to @path,
 * of PATH_TEXT_LEN bytes, which lives as long as *@ret_episode is looked at.
 */
void waiting_told(const struct wire_waiting *waiting, const struct draft_setting *setting,
		  char *path, struct episode *ret_episode);

#endif /* OOMTRACE_CORE_WAITING_H */
