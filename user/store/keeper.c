/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows stay in the queue until the transaction with them is durable: after a failure they are
 * simply taken again.
 */
#include "store/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/thread.h"
#include "store/pack.h"

#define STACK_BYTES (512 * 1024)
#define BATCH       256 /* rows in one transaction */
#define ID_LEN      32
#define RUN_LEN     16384 /* of the row of the run itself */
#define MS          1000000ULL
#define S           (1000 * MS)

/* What comes within it is made durable together. */
#define GROUP_NS (200 * MS)
/* After which it is quiet. */
#define QUIET_NS S
#define RETRY_NS S
/* How long a store that works is waited for at the end, and how much longer its thread. */
#define END_NS  (5 * S)
#define GRACE_S 2
/* Transactions after which trimming is not put off for the sake of what waits. */
#define TRIM_EVERY 16

struct keeper {
	struct keeper_options options;
	struct queue *queue;
	struct store *store;
	pthread_t thread;
	bool started, left_behind;
	_Atomic uint64_t stored, known, lost, refused;
	_Atomic uint64_t most_kills; /* that can have been seen */
	_Atomic bool failed;
	pthread_mutex_t lock; /* for the wait between two tries */
	pthread_cond_t closing;
	bool closed;
	/* Of the thread: */
	bool failing, disconnected, alone, unsettled, trim_due;
	bool again; /* what comes was in a file without a name, perhaps in this one too */
	unsigned int since_trim;
	uint64_t failed_rows;
	bool kills_known;
	uint64_t kernel_kills; /* as of what is stored */
	bool quiet;            /* nothing has come for a while, at the end of which: */
	uint64_t counted;      /* by the kernel; UINT64_MAX: not known */
	char ids[BATCH][ID_LEN];
	unsigned int n_ids;
	uint64_t batch_known, batch_kills;
	char run[RUN_LEN]; /* for a store that is made anew */
	size_t run_len;
};

static int64_t real_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * (int64_t)S + now.tv_nsec;
}

static uint64_t kills_now(const struct keeper *keeper)
{
	uint64_t most = atomic_load(&keeper->most_kills);
	uint64_t now = keeper->options.kernel_kills ? keeper->options.kernel_kills() : UINT64_MAX;

	return now < most ? now : most;
}

/* What a person can do about @error. */
static const char *remedy(int error)
{
	switch (error) {
	case -ENOSPC:
		return "; make room on its disk";
	case -EBUSY:
		return "; another program holds it locked";
	case -EROFS:
	case -EACCES:
	case -EPERM:
		return "; let it be written to";
	case -EBADMSG:
		return "; move it elsewhere, and a new one is begun";
	case -ENOENT:
		return "; make its directory again";
	default:
		return "";
	}
}

/* --- one transaction --- */

static int put_run(struct keeper *keeper)
{
	struct store_row row = {.kind = STORE_RUN};
	int result;

	if (keeper->run_len) {
		result = store_unpack(keeper->run, keeper->run_len, &row);
		if (result)
			return result;
	} else {
		store_row_number(&row, STORE_TIME_NS, real_now());
		store_row_text(&row, STORE_VERSION, OOMTRACE_VERSION, strlen(OOMTRACE_VERSION));
	}
	store_row_text(&row, STORE_KIND, keeper->options.kind, strlen(keeper->options.kind));
	result = store_put(keeper->store, &row);
	return result < 0 ? result : 0;
}

static void keep_run(struct keeper *keeper, const struct queue_record *record,
		     const struct store_row *row)
{
	if (record->len > sizeof(keeper->run))
		return;
	memcpy(keeper->run, record->data, record->len);
	keeper->run_len = record->len;
	keeper->kills_known = row->known & 1U << STORE_KERNEL_KILLS;
	keeper->kernel_kills = (uint64_t)row->number[STORE_KERNEL_KILLS];
}

static bool is_text(const struct store_row *row, enum store_text which, const char *text)
{
	const struct store_bytes *bytes = &row->text[which];

	return bytes->text && bytes->len == strlen(text) && !memcmp(bytes->text, text, bytes->len);
}

static void note_episode(struct keeper *keeper, const struct store_row *row, bool is_new)
{
	const struct store_bytes *id = &row->text[STORE_ID];

	if (!is_new && !keeper->again) {
		keeper->batch_known++;
		return;
	}
	snprintf(keeper->ids[keeper->n_ids++], ID_LEN, "%.*s", (int)id->len, id->text);
	/* What a log tells of was before, and is in the count that the run began with. */
	if (is_text(row, STORE_SOURCE, "live") && row->known & 1U << STORE_KERNEL_KILLS)
		keeper->batch_kills += (uint64_t)row->number[STORE_KERNEL_KILLS];
}

/* Returns 0 or a negative errno. */
static int put_record(struct keeper *keeper, const struct queue_record *record)
{
	struct store_row row;
	int result = store_unpack(record->data, record->len, &row);

	if (result)
		return -EINVAL;
	if (row.kind == STORE_RUN) {
		keep_run(keeper, record, &row);
		return put_run(keeper);
	}
	if (!store_has_run(keeper->store)) {
		result = put_run(keeper);
		if (result)
			return result;
	}
	result = store_put(keeper->store, &row);
	if (result >= 0 && row.kind == STORE_EPISODE)
		note_episode(keeper, &row, result);
	return result < 0 ? result : 0;
}

/* What found no room, or could not be stored, since this was last written down. */
static int put_losses(struct keeper *keeper, uint64_t count)
{
	static const char reason[] = "store";
	struct store_row row = {.kind = STORE_LOSS};
	int result;

	if (!count || !store_has_run(keeper->store))
		return 0;
	store_row_number(&row, STORE_TIME_NS, real_now());
	store_row_number(&row, STORE_COUNT, (int64_t)count);
	store_row_text(&row, STORE_REASON, reason, strlen(reason));
	result = store_put(keeper->store, &row);
	return result < 0 ? result : 0;
}

/*
 * The kernel has counted more than what is stored where something is still on its way; less, where
 * it did not count a victim. What is stored is what may be called seen.
 */
static uint64_t kills_stored(const struct keeper *keeper)
{
	uint64_t now = kills_now(keeper), stored = keeper->kernel_kills + keeper->batch_kills;

	return keeper->kills_known && now != UINT64_MAX && stored < now ? stored : now;
}

static int put_seen(struct keeper *keeper, uint64_t kills)
{
	return store_put_seen(keeper->store, real_now(), kills != UINT64_MAX, kills);
}

/* The rest of the transaction that begins with @record. Returns 0 or a negative errno. */
static int fill(struct keeper *keeper, struct queue_record *record)
{
	uint64_t until = loop_now() + GROUP_NS;
	unsigned int rows = 0;
	int error;

	do {
		error = put_record(keeper, record);
	} while (!error && !keeper->alone && ++rows < BATCH && loop_now() < until &&
		 queue_take_more(keeper->queue, record) == 0);
	return error;
}

static int transact(struct keeper *keeper, struct queue_record *record)
{
	uint64_t refused = atomic_load(&keeper->refused), kills;
	int error = store_begin(keeper->store);

	keeper->n_ids = 0;
	keeper->batch_known = keeper->batch_kills = 0;
	if (!error)
		error = fill(keeper, record);
	if (!error)
		error = put_losses(keeper, refused + keeper->failed_rows);
	kills = kills_stored(keeper);
	if (!error)
		error = put_seen(keeper, kills);
	if (!error)
		error = store_commit(keeper->store);
	else
		store_rollback(keeper->store);
	if (error)
		return error;
	/* Into a file that nobody will find again, it was not stored. */
	if (store_is_gone(keeper->store))
		return -ESTALE;
	atomic_fetch_sub(&keeper->refused, refused);
	keeper->failed_rows = 0;
	keeper->kernel_kills = kills;
	return 0;
}

/* --- when it does not work --- */

/* Until it may work again, or the end is near. */
static void wait_a_while(struct keeper *keeper)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RETRY_NS / S;
	pthread_mutex_lock(&keeper->lock);
	while (!keeper->closed &&
	       pthread_cond_timedwait(&keeper->closing, &keeper->lock, &until) != ETIMEDOUT)
		;
	/* At the end there are some more tries. */
	until = (struct timespec){.tv_nsec = 100 * MS};
	if (keeper->closed)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &until, NULL);
	pthread_mutex_unlock(&keeper->lock);
}

static void tell_failure(struct keeper *keeper, int error)
{
	const char *path = keeper->options.path;

	if (keeper->failing)
		return;
	keeper->failing = true;
	if (error == -ESTALE)
		log_warn("%s was removed or replaced: a new one is begun there", path);
	else if (keeper->options.batch)
		log_error("cannot store in %s: %s%s", path, store_error(keeper->store),
			  remedy(error));
	else
		log_warn("cannot store in %s: %s%s. What comes waits, as long as there is room",
			 path, store_error(keeper->store), remedy(error));
}

static void tell_recovery(struct keeper *keeper)
{
	if (!keeper->failing)
		return;
	keeper->failing = false;
	log_note("%s takes again what is stored", keeper->options.path);
}

/* Whether it is the row, not the store, that is to blame. */
static bool is_rows_fault(int error)
{
	return error == -EINVAL || error == -EFBIG || error == -ENOMEM;
}

/* The connection is good for what passes by itself; with all else a new one is tried. */
static bool needs_reopening(int error)
{
	return error != -EBUSY && error != -ENOSPC && !is_rows_fault(error);
}

static void drop_row(struct keeper *keeper, int error)
{
	log_warn("a line cannot be stored in %s: %s", keeper->options.path,
		 error == -ENOMEM ? "it is too large for the memory that was taken"
				  : store_error(keeper->store));
	queue_release(keeper->queue);
	atomic_fetch_add(&keeper->lost, 1);
	keeper->failed_rows++;
}

static void on_failure(struct keeper *keeper, int error)
{
	if (is_rows_fault(error)) {
		/* First it is to be found out which row it is. */
		if (keeper->alone)
			drop_row(keeper, error);
		keeper->alone = true;
		return;
	}
	tell_failure(keeper, error);
	keeper->again |= error == -ESTALE;
	keeper->disconnected |= needs_reopening(error);
	if (keeper->options.batch && error != -EBUSY && error != -ESTALE)
		atomic_store(&keeper->failed, true);
	else if (error != -ESTALE)
		wait_a_while(keeper);
}

/* --- the thread --- */

static void tell_stored(struct keeper *keeper)
{
	for (unsigned int i = 0; i < keeper->n_ids; i++)
		log_detail("stored %s", keeper->ids[i]);
	atomic_fetch_add(&keeper->stored, keeper->n_ids);
	atomic_fetch_add(&keeper->known, keeper->batch_known);
}

static void store_batch(struct keeper *keeper, struct queue_record *record)
{
	int error = 0;

	if (keeper->disconnected)
		error = store_reopen(keeper->store);
	keeper->disconnected = error;
	if (!error)
		error = transact(keeper, record);
	if (error) {
		on_failure(keeper, error);
		return;
	}
	queue_release(keeper->queue);
	tell_recovery(keeper);
	tell_stored(keeper);
	keeper->alone = keeper->again = false;
	keeper->unsettled = keeper->options.kernel_kills;
	keeper->quiet = false;
	keeper->trim_due = keeper->options.keep.max_age_ns || keeper->options.keep.max_bytes ||
			   keeper->options.keep.max_episodes;
	keeper->since_trim++;
}

/* Some of the oldest, where there is time for that. */
static void trim(struct keeper *keeper)
{
	uint64_t deleted = 0;
	int more = store_trim(keeper->store, &keeper->options.keep, real_now(), &deleted);

	if (deleted)
		log_detail("%lu of the oldest kills are no longer kept in %s",
			   (unsigned long)deleted, keeper->options.path);
	/* What fails here fails where it matters too, and is told there. */
	keeper->trim_due = more > 0;
	keeper->since_trim = 0;
}

/* All that was on its way has arrived: @kills have been seen, whether they were stored or are lost.
 */
static void settle(struct keeper *keeper, uint64_t kills)
{
	int error = store_begin(keeper->store);

	if (!error && store_has_run(keeper->store))
		error = put_seen(keeper, kills);
	if (!error)
		error = store_commit(keeper->store);
	else
		store_rollback(keeper->store);
	keeper->unsettled = error;
	if (!error && kills != UINT64_MAX)
		keeper->kernel_kills = kills;
}

/*
 * Nothing has come for a while. What the kernel has counted by now may still be on its way, if only
 * for a moment; when nothing comes for as long again, it was not. Once all that has come is settled
 * this says that the run goes on.
 */
static void on_quiet(struct keeper *keeper)
{
	if (keeper->quiet)
		settle(keeper, keeper->counted);
	keeper->counted = kills_now(keeper);
	keeper->quiet = true;
}

static uint64_t patience(const struct keeper *keeper)
{
	if (keeper->disconnected)
		return QUEUE_FOREVER;
	if (keeper->trim_due)
		return 0;
	if (keeper->unsettled)
		return QUIET_NS;
	return keeper->options.beat_ns ? keeper->options.beat_ns : QUEUE_FOREVER;
}

static void *run(void *arg)
{
	struct keeper *keeper = arg;
	struct queue_record record;

	while (!atomic_load(&keeper->failed)) {
		int error = queue_take(keeper->queue, patience(keeper), &record);

		if (error == -ESHUTDOWN)
			break;
		if (!error)
			store_batch(keeper, &record);
		if (keeper->disconnected)
			continue;
		if (keeper->trim_due && (error || keeper->since_trim >= TRIM_EVERY))
			trim(keeper);
		else if (error)
			on_quiet(keeper);
	}
	while (keeper->trim_due && !keeper->disconnected && !keeper->failing)
		trim(keeper);
	if (keeper->unsettled && !keeper->disconnected && !keeper->failing)
		settle(keeper, kills_now(keeper));
	return NULL;
}

/* --- from outside --- */

static int make_waiting(struct keeper *keeper)
{
	pthread_condattr_t attributes;
	int error = pthread_condattr_init(&attributes);

	if (error)
		return -error;
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	error = pthread_cond_init(&keeper->closing, &attributes);
	pthread_condattr_destroy(&attributes);
	if (!error)
		error = pthread_mutex_init(&keeper->lock, NULL);
	return -error;
}

int keeper_new(const struct keeper_options *options, struct keeper **ret_keeper,
	       char ret_error[STORE_ERROR_LEN])
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	int error = -ENOMEM;

	snprintf(ret_error, STORE_ERROR_LEN, "not enough memory");
	if (!keeper)
		return error;
	memset(keeper->run, 0, sizeof(keeper->run));
	keeper->options = *options;
	atomic_init(&keeper->most_kills, UINT64_MAX);
	error = make_waiting(keeper);
	if (!error)
		error = queue_new(options->queue_bytes, &keeper->queue);
	if (!error)
		error = store_open(options->path, STORE_WRITE | STORE_CREATE, &options->store,
				   &keeper->store, ret_error);
	if (error) {
		keeper_free(keeper);
		return error;
	}
	*ret_keeper = keeper;
	return 0;
}

struct store *keeper_store(struct keeper *keeper)
{
	return keeper->store;
}

int keeper_start(struct keeper *keeper)
{
	int error = thread_start(THREAD_STORE, STACK_BYTES, run, keeper, &keeper->thread);

	keeper->started = !error;
	return error;
}

struct queue *keeper_queue(struct keeper *keeper)
{
	return keeper->queue;
}

void keeper_refused(struct keeper *keeper)
{
	atomic_fetch_add(&keeper->refused, 1);
}

void keeper_detached(struct keeper *keeper, uint64_t kernel_kills)
{
	atomic_store(&keeper->most_kills, kernel_kills);
}

void keeper_state(const struct keeper *keeper, struct keeper_state *ret_state)
{
	*ret_state = (struct keeper_state){
		.stored = atomic_load(&keeper->stored),
		.known = atomic_load(&keeper->known),
		.lost = atomic_load(&keeper->lost),
		.failed = atomic_load(&keeper->failed),
	};
}

static void end_thread(struct keeper *keeper)
{
	struct timespec until;
	bool batch = keeper->options.batch;

	if (!keeper->started)
		return;
	keeper->started = false;
	queue_close(keeper->queue, batch ? QUEUE_FOREVER : loop_now() + END_NS);
	pthread_mutex_lock(&keeper->lock);
	keeper->closed = true;
	pthread_cond_signal(&keeper->closing);
	pthread_mutex_unlock(&keeper->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_NS / S + GRACE_S;
	if (batch)
		pthread_join(keeper->thread, NULL);
	else if (pthread_timedjoin_np(keeper->thread, NULL, &until))
		keeper->left_behind = true;
}

void keeper_finish(struct keeper *keeper)
{
	uint64_t waiting;

	end_thread(keeper);
	waiting = queue_waiting(keeper->queue);
	if (!waiting)
		return;
	atomic_fetch_add(&keeper->lost, waiting);
	log_warn("%lu lines that waited could not be stored in %s", (unsigned long)waiting,
		 keeper->options.path);
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	end_thread(keeper);
	/* A disk that hangs holds it: nothing that it may touch is taken from it. */
	if (keeper->left_behind)
		return;
	store_close(keeper->store);
	queue_free(keeper->queue);
	pthread_cond_destroy(&keeper->closing);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}
