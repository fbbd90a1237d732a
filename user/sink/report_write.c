// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The page out of what was collected. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/cold.h"
#include "sink/report_pieces.h"

struct page {
	struct report *report;
	const char *bytes; /* all pieces */
	size_t len;
	uint32_t first;            /* kill that is on the page */
	struct piece about, names; /* of the page itself */
	char *words;               /* of one kill, joined */
	size_t words_len, words_room;
};

static int put_about(struct report *report, const struct page *page)
{
	struct json *json = &report->rows;

	json_open_object(json, NULL);
	json_put_u64(json, "schema", 1);
	json_put_string(json, "type", "report");
	json_put_string(json, "version", OOMTRACE_VERSION);
	json_put_u64(json, "kills", report->n_kills - page->first);
	json_put_u64(json, "detailed", report->n_kills - report->first_detailed);
	json_close(json);
	return json_end(json);
}

/* A piece that ends here, and is of no kill. */
static struct piece piece_since(const struct report *report, off_t begin)
{
	off_t end = lseek(report->fd, 0, SEEK_CUR);

	return (struct piece){.at = begin, .len = (size_t)(end - begin)};
}

/* What is said about the page itself goes behind the pieces, and all of it into one view. */
static int open_page(struct report *report, struct page *page)
{
	off_t begin = lseek(report->fd, 0, SEEK_CUR);
	void *bytes;
	int err;

	*page = (struct page){.report = report};
	page->first = report->options.last ? report->first_detailed : 0;
	err = put_about(report, page);
	if (err)
		return err;
	page->about = piece_since(report, begin);
	begin = lseek(report->fd, 0, SEEK_CUR);
	err = report_put_names(&report->rows);
	if (err)
		return err;
	page->names = piece_since(report, begin);
	page->len = (size_t)lseek(report->fd, 0, SEEK_CUR);
	bytes = mmap(NULL, page->len, PROT_READ, MAP_PRIVATE, report->fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	page->bytes = bytes;
	return 0;
}

static void close_page(struct page *page)
{
	if (page->bytes)
		munmap((void *)page->bytes, page->len);
	free(page->words);
}

/* The words of one kill, those of its outcomes behind them. */
static int join_words(struct page *page, const struct kill *kill)
{
	const struct piece *pieces = page->report->pieces;

	page->words_len = 0;
	for (uint32_t i = kill->first; i != PIECE_NONE; i = pieces[i].next) {
		const struct piece *piece = &pieces[i];

		if (piece->kind != PIECE_WORDS)
			continue;
		if (page->words_len + piece->len > page->words_room) {
			size_t room = 2 * (page->words_len + piece->len);
			char *words = realloc(page->words, room);

			if (!words)
				return -ENOMEM;
			page->words = words;
			page->words_room = room;
		}
		memcpy(page->words + page->words_len, page->bytes + piece->at, piece->len);
		page->words_len += piece->len;
	}
	return 0;
}

static void put_text(struct outbuf *out, const struct page *page, const struct kill *kill)
{
	const struct piece *pieces = page->report->pieces;

	outbuf_puts(out, "<noscript><pre>");
	for (uint32_t i = kill->first; i != PIECE_NONE; i = pieces[i].next)
		if (pieces[i].kind == PIECE_TEXT)
			report_put_html(out, page->bytes + pieces[i].at, pieces[i].len);
	outbuf_puts(out, "</pre></noscript>\n");
}

static int fill_kills(struct outbuf *out, struct page *page)
{
	const struct report *report = page->report;

	for (uint32_t i = report->first_detailed; i < report->n_kills; i++) {
		char opening[64];
		int err = join_words(page, &report->kills[i]);

		if (err)
			return err;
		snprintf(opening, sizeof(opening),
			 "<article class=\"kill\" id=\"kill-%" PRIu32 "\">\n", i - page->first + 1);
		outbuf_puts(out, opening);
		report_put_words(out, page->words, page->words_len);
		put_text(out, page, &report->kills[i]);
		outbuf_puts(out, "</article>\n");
	}
	return 0;
}

/* "7 OOM kills", or of a single one its headline. */
static int fill_title(struct outbuf *out, struct page *page)
{
	const struct report *report = page->report;
	uint32_t count = report->n_kills - page->first;
	const char *headline;
	char text[64];
	size_t len;
	int err;

	if (count != 1) {
		snprintf(text, sizeof(text), "%" PRIu32 " OOM kills", count);
		outbuf_puts(out, text);
		return 0;
	}
	err = join_words(page, &report->kills[report->n_kills - 1]);
	if (err)
		return err;
	headline = report_find_words(page->words, page->words_len, "headline", &len);
	outbuf_puts(out, "OOM kill: ");
	if (headline)
		report_put_html(out, headline, len);
	return 0;
}

/* A line without its end. */
static void put_piece(struct outbuf *out, const struct page *page, const struct piece *piece)
{
	report_put_json(out, page->bytes + piece->at, piece->len ? piece->len - 1 : 0);
}

/* All pieces of one kind of @kill, as the elements of an array. */
static void put_pieces(struct outbuf *out, const struct page *page, const struct kill *kill,
		       enum piece_kind kind)
{
	const struct piece *pieces = page->report->pieces;
	bool filled = false;

	for (uint32_t i = kill->first; i != PIECE_NONE; i = pieces[i].next) {
		if (pieces[i].kind != kind || !pieces[i].len)
			continue;
		if (filled)
			outbuf_puts(out, ",\n");
		filled = true;
		put_piece(out, page, &pieces[i]);
	}
}

static int fill_data(struct outbuf *out, struct page *page)
{
	const struct report *report = page->report;

	outbuf_puts(out, "{\"about\":");
	put_piece(out, page, &page->about);
	outbuf_puts(out, ",\n\"names\":");
	put_piece(out, page, &page->names);
	outbuf_puts(out, ",\n\"kills\":[");
	for (uint32_t i = page->first; i < report->n_kills; i++) {
		outbuf_puts(out, i > page->first ? ",\n{\"row\":" : "\n{\"row\":");
		put_pieces(out, page, &report->kills[i], PIECE_ROW);
		outbuf_puts(out, ",\n\"lines\":[");
		put_pieces(out, page, &report->kills[i], PIECE_LINE);
		outbuf_puts(out, "]}");
	}
	outbuf_puts(out, "],\n\"others\":[");
	put_pieces(out, page, &report->others, PIECE_LINE);
	outbuf_puts(out, "]}");
	return 0;
}

/* To whom a page was given that has no names in it. */
static int fill_redacted(struct outbuf *out, struct page *page)
{
	if (page->report->redacted)
		outbuf_puts(out, "<p>Pseudonyms stand for the names of processes, cgroups, users "
				 "and hosts.</p>\n");
	return 0;
}

static int fill(struct outbuf *out, const char *name, size_t len, void *ctx)
{
	static const struct {
		const char *name;
		int (*fill)(struct outbuf *out, struct page *page);
	} fills[] = {{"title", fill_title},
		     {"kills", fill_kills},
		     {"redacted", fill_redacted},
		     {"data", fill_data}};

	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++)
		if (strlen(fills[i].name) == len && !memcmp(fills[i].name, name, len))
			return fills[i].fill(out, ctx);
	return -EINVAL;
}

int report_write(struct sink *sink, struct outbuf *out)
{
	struct report *report = (struct report *)sink;
	struct page page;
	int err = report->error, written;

	if (!err && !report->n_kills)
		err = -ENODATA;
	if (err)
		return err;
	err = open_page(report, &page);
	if (!err)
		err = report_fill_page(out, report_page, report_page_len, fill, &page);
	close_page(&page);
	written = outbuf_end(out);
	return err ? err : written;
}

void report_give_back(void)
{
	cold_give_back(report_page, report_page_len);
}
