/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/storage.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "proc/host.h"
#include "store/memory.h"

#define DIRECTORY  "/var/lib/oomtrace"
#define MIB        (1ULL << 20)
#define NS_PER_S   1000000000ULL
#define NS_PER_DAY (86400 * NS_PER_S)
#define TASK_BYTES 700 /* of a line, for each candidate */
#define LOCK_MS    2000
/* How far back the end of a tracer that was cut off can lie; each writes a page, of 4 KiB mostly.
 */
#define BEAT_NS 60000000000ULL

/* Of what waits to be stored: some hundreds of kills in containers, or two of all processes. */
#define QUEUE_LEAST (2 * MIB)
#define QUEUE_MOST  (64 * MIB)
#define QUEUE_BATCH (16 * MIB)
/* What SQLite takes beside the line: its cache, and what it knows of the schema. */
#define SQLITE_OWN (2 * MIB)

/* Days and weeks too, which other durations here have no use for. */
static int parse_age(const char *text, uint64_t *ret_ns)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];
	uint64_t days;

	if (strcmp(text + digits, "w") || digits >= sizeof(number))
		return parse_duration(text, ret_ns);
	snprintf(number, sizeof(number), "%.*s", (int)digits, text);
	if (parse_number(number, UINT64_MAX / NS_PER_DAY / 7, &days) || !days)
		return -EINVAL;
	*ret_ns = days * 7 * NS_PER_DAY;
	return 0;
}

/* "500MiB", "500M", "1G" */
static int parse_bytes(const char *text, uint64_t *ret_bytes)
{
	size_t digits = strspn(text, "0123456789");
	char short_form[24];

	if (strcmp(text + digits + 1, "iB") && strcmp(text + digits + 1, "B") && text[digits + 1])
		return -EINVAL;
	if (digits + 2 > sizeof(short_form))
		return -ERANGE;
	snprintf(short_form, sizeof(short_form), "%.*s", (int)digits + 1, text);
	return parse_size(short_form, ret_bytes);
}

int storage_keep_parse(const char *text, struct store_keep *keep)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value = 0;
	int error;

	if (!digits)
		return -EINVAL;
	/* Only capitals are sizes: a small m would be minutes. */
	if (!text[digits]) {
		error = parse_number(text, INT64_MAX, &value);
		if (!error && value)
			keep->max_episodes = value;
	} else if (isupper((unsigned char)text[digits])) {
		error = parse_bytes(text, &value);
		if (!error && value >= MIB)
			keep->max_bytes = value;
		else if (!error)
			error = -ERANGE; /* an empty store is a tenth of that */
	} else {
		error = parse_age(text, &value);
		if (!error)
			keep->max_age_ns = value;
	}
	return error ? error : value ? 0 : -EINVAL;
}

int storage_group_parse(const char *text, gid_t *ret_group)
{
	scope_fclose FILE *file = fopen("/etc/group", "re");
	const struct group *group;
	uint64_t number;

	/* Not getgrnam(): a static program has none of what that asks. */
	while (file && (group = fgetgrent(file))) {
		if (strcmp(group->gr_name, text) == 0) {
			*ret_group = group->gr_gid;
			return 0;
		}
	}
	if (parse_number(text, UINT32_MAX - 1, &number))
		return -ENOENT;
	*ret_group = (gid_t)number;
	return 0;
}

void storage_make_directory(const struct storage_options *options)
{
	struct stat st;

	if (strcmp(options->file, STORE_DEFAULT_PATH))
		return;
	if ((mkdir(DIRECTORY, 0700) && errno != EEXIST) || !options->has_group)
		return;
	/* One that was there may be the service manager's, who knows nothing of a group. */
	if (stat(DIRECTORY, &st) || st.st_uid != geteuid() ||
	    (st.st_gid == options->group && (st.st_mode & 0050) == 0050))
		return;
	if (chown(DIRECTORY, (uid_t)-1, options->group) ||
	    chmod(DIRECTORY, (st.st_mode & 07777) | 0050))
		log_note("%s is not the group's to read: %s", DIRECTORY, strerror(errno));
}

static uint64_t queue_bytes(uint64_t processes)
{
	uint64_t bytes = 3 * processes * TASK_BYTES;

	return bytes < QUEUE_LEAST ? QUEUE_LEAST : bytes > QUEUE_MOST ? QUEUE_MOST : bytes;
}

int storage_open(const struct storage_options *options, enum storage_run run,
		 struct keeper **ret_keeper)
{
	static const char *const kinds[] = {
		[STORAGE_TRACE] = "trace",
		[STORAGE_IMPORT] = "import",
		[STORAGE_REPLAY] = "replay",
	};
	struct keeper_options keeper = {
		.path = options->file,
		.store = {.has_group = options->has_group,
			  .group = options->group,
			  .wait_ms = LOCK_MS},
		.keep = options->keep,
		.queue_bytes = QUEUE_BATCH,
		.kind = kinds[run],
		.batch = run != STORAGE_TRACE,
	};
	char error_text[STORE_ERROR_LEN];
	int error = 0;

	if (!keeper.keep.max_age_ns && !keeper.keep.max_bytes && !keeper.keep.max_episodes)
		keeper.keep.max_bytes = STORAGE_KEEP_BYTES;
	if (run == STORAGE_TRACE) {
		keeper.kernel_kills = host_oom_kills;
		keeper.beat_ns = BEAT_NS;
		keeper.queue_bytes = queue_bytes(options->processes);
		/* A line, its copy in the row that SQLite makes of it, and what it works with. */
		error = store_memory_take(SQLITE_OWN + QUEUE_RECORD_MAX(keeper.queue_bytes));
		if (error) {
			log_error("not enough memory for a store");
			return error;
		}
	}
	storage_make_directory(options);
	error = keeper_new(&keeper, ret_keeper, error_text);
	if (error)
		log_error("cannot store in %s: %s%s", options->file, error_text,
			  error == -EBADMSG ? ": it is left as it is; name another file" : "");
	return error;
}
