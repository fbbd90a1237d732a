// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Collects what the page is made of, in a file in memory: report_write.c puts it together. */
#include "sink/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h> /* memfd_create */
#include <unistd.h>

#include "sink/report_parts.h"
#include "sink/report_pieces.h"

#define BUFFER_SIZE     (64 * 1024)
#define TEXT_CANDIDATES 100 /* for who reads the page without scripts */

static bool grow(void **array, uint32_t count, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 64;
	void *grown;

	if (count < *room)
		return true;
	grown = more > *room ? reallocarray(*array, more, size) : NULL;
	if (!grown)
		return false;
	*array = grown;
	*room = more;
	return true;
}

/* Where the next piece will begin. */
static off_t here(const struct report *report)
{
	return lseek(report->fd, 0, SEEK_CUR);
}

/* What was written since @begin is a piece of @kill. */
static int add_piece(struct report *report, struct kill *kill, enum piece_kind kind, off_t begin)
{
	off_t end = here(report);
	struct piece *piece;

	if (!grow((void **)&report->pieces, report->n_pieces, &report->room_pieces,
		  sizeof(*report->pieces)))
		return -ENOMEM;
	piece = &report->pieces[report->n_pieces];
	*piece = (struct piece){.at = begin,
				.len = (size_t)(end - begin),
				.kind = (uint8_t)kind,
				.next = PIECE_NONE};
	if (kill->last == PIECE_NONE)
		kill->first = report->n_pieces;
	else
		report->pieces[kill->last].next = report->n_pieces;
	kill->last = report->n_pieces++;
	return 0;
}

/* Gives back the memory of all that is known of @kill but its row. */
static void drop_details(struct report *report, struct kill *kill)
{
	for (uint32_t i = kill->first; i != PIECE_NONE; i = report->pieces[i].next) {
		struct piece *piece = &report->pieces[i];

		if (piece->kind == PIECE_ROW)
			continue;
		if (piece->kind == PIECE_LINE)
			report->details_bytes -= piece->len;
		/* Whole pages of it are given back; where that cannot be done, they stay. */
		(void)!fallocate(report->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, piece->at,
				 (off_t)piece->len);
		piece->len = 0;
	}
}

/* The last kill always keeps its own; of those before it, as many as there is room for. */
static void keep_to_budget(struct report *report)
{
	while (report->first_detailed + 1 < report->n_kills &&
	       (report->options.last || report->details_bytes > report->options.details_bytes))
		drop_details(report, &report->kills[report->first_detailed++]);
}

static int fail(struct report *report, int error)
{
	if (error && !report->error)
		report->error = error;
	return error;
}

static bool in_span(const struct report *report, int64_t real_ns)
{
	const struct report_options *options = &report->options;

	if (!options->since_ns && !options->until_ns)
		return true;
	return real_ns && real_ns >= options->since_ns &&
	       (!options->until_ns || real_ns < options->until_ns);
}

/* Whether a decision is to be on the page. */
static bool is_wanted(struct report *report, const struct episode *episode)
{
	const char *id = report->options.id;

	if ((id || report->options.last) && episode->no_kill)
		return false;
	if (id && strncasecmp(episode->id, id, strlen(id)) != 0)
		return false;
	if (id && report->n_kills && strcmp(report->kills[0].id, episode->id) != 0)
		report->ambiguous = true;
	return in_span(report, episode->real_ns);
}

typedef int (*episode_fn)(struct sink *sink, const struct host *host,
			  const struct episode *episode);

static int add_pieces_of(struct report *report, struct kill *kill, const struct host *host,
			 const struct episode *episode)
{
	const struct sink_ops *json = report->json->ops, *text = report->text->ops;
	episode_fn line = episode->no_kill ? json->no_kill : json->episode;
	episode_fn show = episode->no_kill ? text->no_kill : text->episode;
	off_t begin = here(report);
	int err;

	err = report_put_row(&report->rows, host, episode);
	if (!err)
		err = add_piece(report, kill, PIECE_ROW, begin);
	begin = here(report);
	if (!err)
		err = line(report->json, host, episode);
	if (!err)
		err = add_piece(report, kill, PIECE_LINE, begin);
	if (!err)
		report->details_bytes += (uint64_t)(here(report) - begin);
	begin = here(report);
	if (!err)
		err = show(report->text, host, episode);
	if (!err)
		err = add_piece(report, kill, PIECE_TEXT, begin);
	begin = here(report);
	if (err)
		return err;
	report_say_kill(&report->out, host, episode);
	err = outbuf_end(&report->out);
	return err ? err : add_piece(report, kill, PIECE_WORDS, begin);
}

static int collect_episode(struct sink *sink, const struct host *host,
			   const struct episode *episode)
{
	struct report *report = (struct report *)sink;
	struct kill *kill;
	int err;

	if (report->error || !is_wanted(report, episode))
		return report->error;
	if (!grow((void **)&report->kills, report->n_kills, &report->room_kills,
		  sizeof(*report->kills)))
		return fail(report, -ENOMEM);
	kill = &report->kills[report->n_kills];
	*kill = (struct kill){.first = PIECE_NONE, .last = PIECE_NONE};
	memcpy(kill->id, episode->id, sizeof(kill->id));
	err = add_pieces_of(report, kill, host, episode);
	if (err)
		return fail(report, err);
	report->n_kills++;
	report->redacted |= host && host->redacted;
	keep_to_budget(report);
	return 0;
}

static int collect_outcome(struct sink *sink, const struct host *host,
			   const struct outcome *outcome)
{
	struct report *report = (struct report *)sink;
	struct kill *kill = NULL;
	off_t begin = here(report);
	int err;

	/* It belongs to one of the latest. */
	for (uint32_t i = report->n_kills; i-- > report->first_detailed && !kill;)
		if (!strcmp(report->kills[i].id, outcome->id))
			kill = &report->kills[i];
	if (report->error || !kill)
		return report->error;
	err = report->json->ops->outcome(report->json, host, outcome);
	if (!err)
		err = add_piece(report, kill, PIECE_LINE, begin);
	if (!err)
		report->details_bytes += (uint64_t)(here(report) - begin);
	begin = here(report);
	if (!err)
		err = report->text->ops->outcome(report->text, host, outcome);
	if (!err)
		err = add_piece(report, kill, PIECE_TEXT, begin);
	begin = here(report);
	if (!err) {
		report_say_outcome(&report->out, outcome);
		err = outbuf_end(&report->out);
	}
	return fail(report, err ? err : add_piece(report, kill, PIECE_WORDS, begin));
}

/* What was written since @begin, with the result @err, belongs to no kill. */
static int add_other(struct report *report, off_t begin, int err)
{
	return fail(report, err ? err : add_piece(report, &report->others, PIECE_LINE, begin));
}

/* Of a single kill, what else happened is no part; of a span, as far as it is of that time. */
static bool is_other_wanted(const struct report *report, int64_t real_ns)
{
	return !report->error && !report->options.id && !report->options.last &&
	       in_span(report, real_ns);
}

/* Who has seen all that follows: the last one that said so is on the page, whenever that was. */
static int collect_attached(struct sink *sink, const struct host *host)
{
	struct report *report = (struct report *)sink;
	off_t begin = here(report);

	if (report->error)
		return report->error;
	if (report->options.id && report->n_kills)
		return 0;
	return add_other(report, begin, report->json->ops->attached(report->json, host));
}

static int collect_user_kill(struct sink *sink, const struct host *host,
			     const struct user_kill *kill)
{
	struct report *report = (struct report *)sink;
	off_t begin = here(report);

	if (!is_other_wanted(report, kill->real_ns))
		return report->error;
	return add_other(report, begin, report->json->ops->user_kill(report->json, host, kill));
}

static int collect_lost(struct sink *sink, const struct host *host, const struct lost *lost)
{
	struct report *report = (struct report *)sink;
	off_t begin = here(report);

	if (!is_other_wanted(report, lost->real_ns))
		return report->error;
	return add_other(report, begin, report->json->ops->lost(report->json, host, lost));
}

static int collect_detached(struct sink *sink, const struct host *host, const struct totals *totals)
{
	struct report *report = (struct report *)sink;
	off_t begin = here(report);

	if (!is_other_wanted(report, totals->real_ns))
		return report->error;
	return add_other(report, begin, report->json->ops->detached(report->json, host, totals));
}

static void report_destroy(struct sink *sink)
{
	struct report *report = (struct report *)sink;

	if (report->json)
		report->json->ops->destroy(report->json);
	if (report->text)
		report->text->ops->destroy(report->text);
	outbuf_free(&report->out);
	free(report->pieces);
	free(report->kills);
	if (report->fd >= 0)
		close(report->fd);
	free(report);
}

static const struct sink_ops report_ops = {
	.name = "report",
	.attached = collect_attached,
	.episode = collect_episode,
	.no_kill = collect_episode,
	.outcome = collect_outcome,
	.user_kill = collect_user_kill,
	.lost = collect_lost,
	.detached = collect_detached,
	.destroy = report_destroy,
};

struct sink *sink_report_new(const struct report_options *options)
{
	struct report *report = calloc(1, sizeof(*report));
	/* The day that needs no date: none does, of a page that is read later. */
	struct sink_options pieces = {.today_real_ns = 1};

	if (!report)
		return NULL;
	report->sink.ops = &report_ops;
	report->options = *options;
	report->others = (struct kill){.first = PIECE_NONE, .last = PIECE_NONE};
	report->fd = pieces.fd = memfd_create("oomtrace-report", MFD_CLOEXEC);
	if (report->fd < 0 || outbuf_init(&report->out, report->fd, -1, BUFFER_SIZE)) {
		report_destroy(&report->sink);
		return NULL;
	}
	json_init(&report->rows, &report->out);
	pieces.candidates = options->candidates;
	report->json = sink_jsonl_new(&pieces);
	if (pieces.candidates > TEXT_CANDIDATES)
		pieces.candidates = TEXT_CANDIDATES;
	report->text = sink_text_new(&pieces);
	if (report->json && report->text)
		return &report->sink;
	report_destroy(&report->sink);
	return NULL;
}

struct report_extent report_extent(const struct sink *sink)
{
	const struct report *report = (const struct report *)sink;
	uint32_t detailed = report->n_kills - report->first_detailed;

	return (struct report_extent){
		.kills = report->options.last ? detailed : report->n_kills,
		.detailed = detailed,
		.ambiguous = report->ambiguous,
	};
}
