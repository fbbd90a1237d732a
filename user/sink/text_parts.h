/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parts that the text output is made of, by what they are about: of the text sink, and of the
 * page that says the same in the same words.
 */
#ifndef OOMTRACE_SINK_TEXT_PARTS_H
#define OOMTRACE_SINK_TEXT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"
#include "core/why.h"
#include "lib/flow.h"
#include "lib/utf8.h"

#define COLUMNS 80
#define INDENT  14 /* where what stands behind a label begins */

#define SGR_NONE  ""
#define SGR_BOLD  "1"
#define SGR_ALARM "1;31"
#define SGR_FAINT "2"

/* "java[4242]", as it may be shown. */
typedef char process_text[UTF8_ESCAPED_LEN(WIRE_COMM_LEN) + 16];

/* Writes into @out and returns it; @comm may lack its NUL. */
const char *text_process(process_text out, const char *comm, uint32_t pid);
/* "" for one, "s" for any other number. */
const char *text_plural(uint64_t count);
/* Appends a name from outside, @size bytes at most, cut to half a line; @after stands behind it. */
void text_name(struct flow *flow, const char *name, size_t size, const char *after);
/* Appends "@what 512 MiB@after" or "@what unlimited@after". */
void text_limit(struct flow *flow, const char *what, uint64_t bytes, bool is_max,
		const char *after);
/* A command line in lines of its own, any bytes; nothing when NULL or empty. */
void text_command(struct flow *flow, const char *cmdline, bool truncated);

/* What ran out: "memcg OOM in /a (limit 512 MiB, swap 0)", on a line that has been begun. */
void text_title(struct flow *flow, const struct episode *episode);
/* That nobody was killed, and who waits. */
void text_nobody(struct flow *flow, const struct episode *episode);
/* What @count losses of one reason mean to the reader, on a line that has been begun. */
void text_loss(struct flow *flow, unsigned int loss, uint64_t count);
/* What of this episode was lost. */
void text_losses(struct flow *flow, const struct episode *episode);
/* The victim: who it was, and what memory it had. */
void text_victim(struct flow *flow, const struct episode *episode);
/* The victim's cgroup, under the label before it. */
void text_home(struct flow *flow, const struct episode *episode);
/* The victim's container, and who died with it. */
void text_company(struct flow *flow, const struct episode *episode);
/* Who asked for memory, where, and how the kernel came to it. */
void text_invoker(struct flow *flow, const struct episode *episode);
/* Whether there is anything to say about why. */
bool text_knows_choice(const struct episode *episode, const struct why *why);
/* Its place among the candidates, and by how much, on a line that has been begun. */
void text_choice(struct flow *flow, const struct episode *episode, const struct why *why,
		 const char *after);
/* Why the victim was the one. */
void text_why(struct flow *flow, const struct episode *episode, const struct why *why);
/* That this happens again and again. */
void text_again(struct flow *flow, const struct episode *episode);
/* What the memory that ran out was used for. */
void text_memory(struct flow *flow, const struct episode *episode, const struct why *why);
/* What people call a use (enum wire_use, below USE_MAX), shorter than they would. */
const char *text_use_words(uint8_t use);
/* What became of a victim, behind its name, and what was looked up of it meanwhile. */
void text_fate(struct flow *flow, const struct outcome *outcome);

#endif /* OOMTRACE_SINK_TEXT_PARTS_H */
