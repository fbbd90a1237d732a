// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A store of many kills that never were, for what takes its time when there are many: some services
 * that are killed again and again, pods, containers, and the machine itself. Usage: fill FILE N
 * [outcomes]: each with what became of its victim.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/storegen.h"

#define FIRST_NS    1750000000000000000LL
#define BETWEEN_NS  421000000000LL
#define TRANSACTION 1000
#define MIX         UINT64_C(0x9e3779b97f4a7c15) /* odd: no two numbers get the same id */
#define NAMES       7

int main(int argc, char **argv)
{
	static const char *const names[NAMES] = {"java",   "python3", "node",   "postgres",
						 "mysqld", "chrome",  "kworker"};
	uint64_t n = argc == 3 || argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	struct store *store;

	if (!n) {
		fprintf(stderr, "usage: fill FILE N [outcomes]\n");
		return 2;
	}
	store = gen_store(argv[1]);
	for (uint64_t i = 0; i < n; i++) {
		char id[17], cgroup[256];
		struct gen_kill kill = {
			.id = id,
			.time_ns = FIRST_NS + (int64_t)i * BETWEEN_NS,
			.comm = names[i * 31 % NAMES],
			.pid = (uint32_t)(1000 + i * 7919 % 4000000),
			.cgroup = cgroup,
			.bytes = 4096 * (1000 + i * 7919 % 1000000),
			.whole_machine = i % 10 == 0,
		};

		snprintf(id, sizeof(id), "%016" PRIx64, (i + 1) * MIX);
		if (i % 3 == 0)
			snprintf(cgroup, sizeof(cgroup), "/system.slice/app-%d.service",
				 (int)(i % 97));
		else if (i % 3 == 1)
			snprintf(cgroup, sizeof(cgroup),
				 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
				 "8d5c5e1c_4c1f_4d2a_9d5b_%012" PRIx64
				 ".slice/cri-containerd-%064" PRIx64 ".scope",
				 i % 1009, (i + 1) * MIX);
		else
			snprintf(cgroup, sizeof(cgroup), "/batch/queue-%d/job-%" PRIu64,
				 (int)(i % 13), i);
		if (!kill.whole_machine)
			kill.memcg = cgroup;
		if (i % TRANSACTION == 0 && store_begin(store))
			return 1;
		gen_put(store, &kill);
		if (argc == 4)
			gen_outcome(store, id, kill.pid, kill.time_ns + 8400000, 8);
		if ((i % TRANSACTION == TRANSACTION - 1 || i == n - 1) && store_commit(store))
			return 1;
	}
	store_close(store);
	return 0;
}
