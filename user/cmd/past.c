/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/past.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/hostrecord.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "proc/kmsg.h"
#include "kernel/printkclock.h"

#define ROWS 64 /* of a table: who was killed stands beside it */

struct survey_of_log {
	struct past *past;
	struct seen *logged; /* or NULL */
	struct logread *reader;
};

void past_feed(struct logread *reader, const char *bytes, size_t len)
{
	while (len) {
		size_t room;
		char *to = logread_room(reader, &room);

		room = room < len ? room : len;
		memcpy(to, bytes, room);
		logread_took(reader, room);
		bytes += room;
		len -= room;
	}
}

/* "prio,number,microseconds,flags;text" */
static uint64_t stamp_of(const char *line, size_t len)
{
	struct span rest = {line, len}, word;
	uint64_t us;

	if (!span_next(&rest, ',', &word, NULL) || !span_next(&rest, ',', &word, NULL) ||
	    !span_take_u64(&rest, &us) || us > UINT64_MAX / 1000)
		return 0;
	return us * 1000;
}

static void note_first(struct past *past, const char *line, size_t len)
{
	if (past->begun || kmsg_number(line, len, &past->first))
		return;
	past->begun = true;
	past->first_ns = stamp_of(line, len);
}

static void take_line(void *ctx, const char *line, size_t len)
{
	struct survey_of_log *survey = ctx;
	const char *text = memchr(line, ';', len);

	note_first(survey->past, line, len);
	if (text && bootclock_is_waking(text + 1, len - (size_t)(text + 1 - line)))
		survey->past->clock.woke_ns = stamp_of(line, len);
	past_feed(survey->reader, line, len);
	past_feed(survey->reader, "\n", 1);
}

static void take_missed(void *ctx, uint64_t messages)
{
	logread_missed(((struct survey_of_log *)ctx)->reader, messages);
}

static void take_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct survey_of_log *survey = ctx;
	uint64_t killed_ns = logread_killed_ns(survey->reader);
	struct seen_kill kill;

	if (killed_ns)
		killed_ns = bootclock_of(&survey->past->clock, killed_ns);

	for (uint32_t i = 0; i < episode->n_victims; i++) {
		if (episode->victims[i].killed_as == KILLED_AS_SHARED_MM)
			continue;
		survey->past->told++;
		survey->past->whole += !episode->loss[LOSS_LOG_HEADER];
	}
	if (!survey->logged)
		return;
	seen_of_log(host, episode, killed_ns, &kill);
	seen_add(survey->logged, &kill);
}

static const struct assembler_ops ops = {.episode = take_episode};

/* Of what was before the machine last woke it is not known when. */
static void forget_times(struct seen *logged, const struct bootclock *clock)
{
	uint64_t n = logged->count < SEEN_KILLS ? logged->count : SEEN_KILLS;
	uint64_t woke_ns = bootclock_of(clock, clock->woke_ns);

	for (uint64_t i = 0; clock->slept && i < n; i++) {
		if (logged->kills[i].from_ns < woke_ns) {
			logged->kills[i].from_ns = logged->kills[i].till_ns = 0;
			logged->kills[i].real_ns = 0;
		}
	}
}

static void read_clock(bool timed, struct bootclock *ret_clock)
{
	struct printkclock now;
	int error = 0;

	if (timed)
		error = printkclock_read(&now);
	else
		printkclock_guess(&now);
	if (error)
		log_detail("the clock of the kernel log cannot be read: %s", strerror(-error));
	*ret_clock = (struct bootclock){
		.printk_ns = now.printk_ns,
		.boot_ns = now.boot_ns,
		.real_minus_boot_ns = clock_offset(),
		.slept = now.suspended_ns > 1000000, /* else two readings, not at once */
	};
}

void past_survey(const struct wire_host *host, bool timed, struct seen *logged,
		 struct past *ret_past)
{
	struct past *past = ret_past;
	struct survey_of_log survey = {.past = past, .logged = logged};
	struct logread_config config = {
		.ops = &ops,
		.ctx = &survey,
		.source = "kmsg",
		.max_candidates = ROWS,
		.host = host,
		.bootclock = &past->clock,
	};
	struct kmsg_place place = {0};
	scope_close int fd = kmsg_open_oldest();
	int n = fd;

	memset(past, 0, sizeof(*past));
	read_clock(timed, &past->clock);
	survey.reader = fd < 0 ? NULL : logread_new(&config);
	if (survey.reader) {
		n = kmsg_drain(fd, &place, take_line, take_missed, &survey);
		logread_end(survey.reader);
		logread_free(survey.reader);
	} else if (fd >= 0) {
		n = -ENOMEM;
	}
	past->error = n < 0 ? n : 0;
	if (past->begun)
		past->first_ns = bootclock_of(&past->clock, past->first_ns);
	if (logged)
		forget_times(logged, &past->clock);
}
