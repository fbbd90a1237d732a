/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the report sink has collected. Within the report sink only. */
#ifndef OOMTRACE_SINK_REPORT_PIECES_H
#define OOMTRACE_SINK_REPORT_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sink/report.h"
#include "sink/report_parts.h"

#define PIECE_NONE UINT32_MAX

enum piece_kind {
	PIECE_LINE,  /* as JSON lines have it */
	PIECE_TEXT,  /* as text has it */
	PIECE_WORDS, /* for the article */
	PIECE_ROW,   /* of all kills that have been given: never dropped */
	PIECE_KINDS,
};

struct piece {
	off_t at;
	size_t len;
	uint8_t kind;
	uint32_t next; /* of the same kill, or of what is of none; PIECE_NONE */
};

struct kill {
	char id[EPISODE_ID_LEN];
	uint32_t first, last; /* pieces */
};

struct report {
	struct sink sink;
	struct report_options options;
	int fd;                   /* the pieces, one behind the other */
	struct sink *json, *text; /* write to it */
	struct outbuf out;        /* to it as well: words and rows */
	struct json rows;
	struct piece *pieces;
	uint32_t n_pieces, room_pieces;
	struct kill *kills;
	uint32_t n_kills, room_kills;
	uint32_t first_detailed; /* those before have only their row */
	uint64_t details_bytes;  /* of the lines of those that have more */
	struct kill others;      /* what belongs to no kill */
	bool ambiguous;
	bool redacted; /* some of it: names are pseudonyms there */
	int error;     /* the first */
};

#endif /* OOMTRACE_SINK_REPORT_PIECES_H */
