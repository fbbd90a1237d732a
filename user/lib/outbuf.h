/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A buffer in front of a file descriptor, for output made of records that end
 * with a newline. Its memory is taken once; a record larger than the buffer goes
 * out in pieces. Or in front of a writer, which has a buffer of its own.
 */
#ifndef OOMTRACE_LIB_OUTBUF_H
#define OOMTRACE_LIB_OUTBUF_H

#include <stdbool.h>
#include <stddef.h>

struct queue;
struct writer;

struct outbuf {
	struct writer *writer; /* or NULL: what follows is used */
	struct queue *queue;   /* or NULL: where what is buffered goes, in place of @fd */
	int fd;
	int cancel_fd; /* readable: somebody wants to end, do not wait for a reader; or -1 */
	int error;     /* of this record: what came first; of a writer as well */
	bool torn;     /* the last record that was not taken whole left half a line */
	bool midline;  /* the record's last line has been begun */
	char level[4]; /* in front of each line, "<3>"; or "" */
	size_t len, size;
	char *data;
};

/* Returns 0 or -ENOMEM. The descriptors stay the caller's. */
int outbuf_init(struct outbuf *out, int fd, int cancel_fd, size_t size);
/* Records go to @writer, which stays the caller's. */
void outbuf_init_writer(struct outbuf *out, struct writer *writer);
/*
 * Records are appended to the open record of @queue, which stays the caller's to commit. Returns 0
 * or -ENOMEM.
 */
int outbuf_init_queue(struct outbuf *out, struct queue *queue);
void outbuf_free(struct outbuf *out);

/* Append to the record. After an error the rest of the record is dropped. */
void outbuf_put(struct outbuf *out, const void *data, size_t len);
void outbuf_puts(struct outbuf *out, const char *text);
void outbuf_putc(struct outbuf *out, char c);

/*
 * From here on each line begins with "<LEVEL>", a digit of syslog.h, as the journal wants it; with
 * -1 they are as they are put. Levels are said before the first line of a record.
 */
void outbuf_level(struct outbuf *out, int level);

/*
 * Ends the record: everything is written out. Returns 0, or the negative errno
 * that kept the record from being written whole (-EPIPE: nobody reads; the caller
 * ignores SIGPIPE; -ECANCELED: nobody took it before @cancel_fd was readable; -EAGAIN: a writer
 * does not keep up). The next record starts afresh, on a line of its own.
 */
int outbuf_end(struct outbuf *out);

#endif /* OOMTRACE_LIB_OUTBUF_H */
