// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/unit/storegen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/container.h"
#include "core/episode.h"
#include "sink/sink.h"

#define OTHERS 4

static void expect(bool holds, const struct store *store)
{
	if (holds)
		return;
	fprintf(stderr, "storegen: %s\n", store ? store_error(store) : "failed");
	abort();
}

struct store *gen_store(const char *path)
{
	char why[STORE_ERROR_LEN];
	struct store_row run = {.kind = STORE_RUN};
	struct store *store;
	int error = store_open(path, STORE_WRITE | STORE_CREATE, NULL, &store, why);

	if (error) {
		fprintf(stderr, "storegen: %s: %s\n", path, why);
		abort();
	}
	store_row_text(&run, STORE_KIND, "import", 6);
	store_row_text(&run, STORE_HOST, "web-14", 6);
	expect(!store_begin(store) && store_put(store, &run) == 1 && !store_commit(store), store);
	return store;
}

/* --- the line, by the code that writes lines --- */

static struct sink *sink;
static int line_fd = -1;
static char line[64 * 1024];

static struct sink *line_sink(void)
{
	if (!sink) {
		struct sink_options options = {.candidates = CANDIDATES_ALL};

		line_fd = memfd_create("lines", MFD_CLOEXEC);
		options.fd = line_fd;
		sink = sink_jsonl_new(&options);
		expect(sink != NULL, NULL);
	}
	expect(!ftruncate(line_fd, 0) && !lseek(line_fd, 0, SEEK_SET), NULL);
	return sink;
}

/* What was written, without its newline. */
static struct store_bytes line_written(void)
{
	ssize_t len = pread(line_fd, line, sizeof(line), 0);

	expect(len > 1 && len < (ssize_t)sizeof(line), NULL);
	return (struct store_bytes){.text = line, .len = (size_t)len - 1};
}

static struct task task_of(const struct gen_kill *kill, uint32_t pid, const char *comm)
{
	struct task task = {
		.known = TASK_KNOWS_MEMORY | TASK_KNOWS_POINTS,
		.pid = pid,
		.tid = pid,
		.uid = 1000,
		.euid = 1000,
		.rss_anon_bytes = kill->bytes,
		.points = (int64_t)(kill->bytes / 4096),
		.points_from_kernel = true,
		.eligible = true,
	};

	memcpy(task.comm, comm, strnlen(comm, WIRE_COMM_LEN - 1));
	if (kill->cgroup) {
		task.known |= TASK_KNOWS_CGROUP;
		task.cgroup = kill->cgroup;
	}
	return task;
}

static void write_line(const struct gen_kill *kill, const struct host *host, uint32_t pid,
		       uint32_t n_victims)
{
	struct task victims[1 + OTHERS];
	struct episode episode = {
		.known = EPISODE_KNOWS_CONSTRAINT,
		.real_ns = kill->time_ns,
		.time_text = kill->time_text,
		.boot_ns = 1000000000,
		.source = "live",
		.constraint = kill->whole_machine ? CONSTRAINT_NONE_ : CONSTRAINT_MEMCG_,
		.selection = SELECTION_BADNESS,
		.totalpages = 131072,
		.page_size = 4096,
		.sysctls = {WIRE_NONE_U32, WIRE_NONE_U32, WIRE_NONE_U32, WIRE_NONE_U32},
		.victims = victims,
		.tasks = victims,
		.no_kill = kill->comm ? NO_KILL_IT_HAS_ONE : NO_KILL_PANIC,
	};
	const struct sink_ops *ops = line_sink()->ops;

	snprintf(episode.id, sizeof(episode.id), "%s", kill->id);
	if (kill->memcg) {
		episode.known |= EPISODE_KNOWS_MEMCG;
		episode.memcg.known = MEMCG_KNOWS_PATH;
		episode.memcg.path = kill->memcg;
	}
	for (uint32_t i = 0; i < n_victims; i++) {
		victims[i] = task_of(kill, pid + i, i ? kill->others[i - 1] : kill->comm);
		victims[i].killed_as = i ? KILLED_AS_GROUP : KILLED_AS_CHOSEN;
	}
	if (n_victims) {
		episode.victim = victims[0];
		episode.n_victims = n_victims;
		episode.n_tasks = episode.total = episode.eligible = 1;
	}
	expect(!(n_victims ? ops->episode(sink, host, &episode)
			   : ops->no_kill(sink, host, &episode)),
	       NULL);
}

/* --- the row --- */

static void put_text(struct store_row *row, enum store_text which, const char *text)
{
	if (text && *text)
		store_row_text(row, which, text, strlen(text));
}

/* As a line has it: what is no UTF-8 is U+FFFD. Only of bytes of which each is none or all are. */
static const char *valid(const char *comm)
{
	static char out[64];
	size_t used = 0;

	for (size_t i = 0; comm[i] && i < WIRE_COMM_LEN - 1; i++) {
		if ((unsigned char)comm[i] < 0x80)
			out[used++] = comm[i];
		else
			used += (size_t)sprintf(out + used, "\xef\xbf\xbd");
	}
	out[used] = '\0';
	return out;
}

static void put_place(struct store_row *row, const struct gen_kill *kill,
		      struct container *container)
{
	container_of_path(kill->cgroup, container);
	if (container->known & CONTAINER_KNOWS_UNIT)
		put_text(row, STORE_UNIT, container->unit);
	if (container->known & CONTAINER_KNOWS_ID)
		put_text(row, STORE_CONTAINER, container->id);
	if (container->known & CONTAINER_KNOWS_POD)
		put_text(row, STORE_POD_UID, container->pod_uid);
	put_text(row, STORE_POD, kill->pod);
	put_text(row, STORE_NAMESPACE, kill->namespace_name);
	put_text(row, STORE_CGROUP, kill->cgroup);
	put_text(row, STORE_MEMCG, kill->memcg);
}

/* In a transaction of its own, unless there is one. */
static void put_row(struct store *store, const struct store_row *row)
{
	bool own = store_begin(store) == 0;

	expect(store_put(store, row) == 1, store);
	expect(!own || !store_commit(store), store);
}

void gen_put(struct store *store, const struct gen_kill *kill)
{
	const char *name = kill->host ? kill->host : "web-14";
	uint32_t pid = kill->pid ? kill->pid : 4242, n_victims = kill->comm != NULL;
	struct store_row row = {.kind = STORE_EPISODE};
	struct wire_host wire = {.boot_id = "5c2a4e0e-0000-4000-8000-000000000000"};
	struct host host = {.wire = &wire};
	struct container container;

	while (n_victims && n_victims <= OTHERS && kill->others[n_victims - 1])
		n_victims++;
	snprintf(wire.host, sizeof(wire.host), "%s", name);
	write_line(kill, &host, pid, n_victims);
	row.text[STORE_LINE] = line_written();
	put_text(&row, STORE_HOST, name);
	put_text(&row, STORE_BOOT_ID, wire.boot_id);
	put_text(&row, STORE_ID, kill->id);
	put_text(&row, STORE_TYPE, kill->comm ? "oom_kill" : "oom_no_kill");
	put_text(&row, STORE_SOURCE, "live");
	put_text(&row, STORE_TIME_TEXT, kill->time_text);
	put_text(&row, STORE_CONSTRAINT, kill->whole_machine ? "none" : "memcg");
	put_place(&row, kill, &container);
	if (kill->time_ns)
		store_row_number(&row, STORE_TIME_NS, kill->time_ns);
	store_row_number(&row, STORE_VICTIMS, n_victims);
	if (kill->comm) {
		put_text(&row, STORE_COMM, valid(kill->comm));
		store_row_number(&row, STORE_PID, pid);
		store_row_number(&row, STORE_BYTES, (int64_t)(kill->bytes * n_victims));
	}
	put_row(store, &row);
}

void gen_outcome(struct store *store, const char *id, uint32_t pid, int64_t time_ns, int exited_ms)
{
	struct store_row row = {.kind = STORE_OUTCOME};
	struct outcome outcome = {
		.pid = pid,
		.comm = "java",
		.real_ns = time_ns,
		.boot_ns = 1000000000,
		.has_exited = true,
		.exited_ns = exited_ms * 1000000LL,
	};
	struct wire_host wire = {.host = "web-14"};
	struct host host = {.wire = &wire};

	snprintf(outcome.id, sizeof(outcome.id), "%s", id);
	expect(!line_sink()->ops->outcome(sink, &host, &outcome), NULL);
	row.text[STORE_LINE] = line_written();
	put_text(&row, STORE_HOST, "web-14");
	put_text(&row, STORE_ID, id);
	store_row_number(&row, STORE_PID, pid);
	store_row_number(&row, STORE_TIME_NS, time_ns);
	store_row_number(&row, STORE_EXITED_NS, outcome.exited_ns);
	put_row(store, &row);
}
