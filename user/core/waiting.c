// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/waiting.h"

#include <string.h>

#include "core/convert.h"
#include "core/path.h"
#include "core/text.h"

void waiting_told(const struct wire_waiting *waiting, const struct draft_setting *setting,
		  char *path, struct episode *ret_episode)
{
	struct episode *episode = ret_episode;
	struct wire_ancestor counters = {
		.usage = waiting->usage,
		.limit = waiting->limit,
		.swap_usage = WIRE_NONE_U64, /* not looked at */
	};
	bool truncated;

	memset(episode, 0, sizeof(*episode));
	episode->known = EPISODE_KNOWS_CONSTRAINT | EPISODE_KNOWS_INVOKER | EPISODE_KNOWS_MEMCG;
	episode->began_ns = episode->boot_ns = waiting->head.boot_ns;
	episode->source = setting->source;
	episode->backend = setting->backend;
	episode->page_size = setting->page_size;
	episode->constraint = CONSTRAINT_MEMCG_;
	episode->no_kill = NO_KILL_DISABLED;
	episode->repeated = waiting->repeated;
	episode->candidates_source = SOURCE_NONE;
	memset(&episode->sysctls, 0xff, sizeof(episode->sysctls));
	convert_memory_unknown(&episode->memory);
	episode->invoker.pid = waiting->pid;
	episode->invoker.tid = waiting->tid;
	episode->invoker.uid = waiting->uid;
	text_copy(episode->invoker.comm, sizeof(episode->invoker.comm), waiting->comm,
		  sizeof(waiting->comm));
	convert_ancestor(&counters, true, episode->page_size, &episode->memcg);
	if (path_from_wire(&waiting->path, path, PATH_TEXT_LEN, &truncated) >= 0) {
		episode->memcg.known |= MEMCG_KNOWS_PATH;
		episode->memcg.path = path;
		episode->memcg.path_truncated = truncated;
	}
}
