/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file that --record writes: RECORDING_MAGIC, then records as they are on the wire (each
 * begins with its own size), each followed by zeros up to a multiple of 8 bytes.
 */
#ifndef OOMTRACE_CORE_RECORDING_H
#define OOMTRACE_CORE_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#define RECORDING_MAGIC     "OOMTREC1"
#define RECORDING_MAGIC_LEN 8
#define RECORDING_PAD       8

/* How many zeros follow a record of @size bytes: 0 to RECORDING_PAD - 1. */
size_t recording_padding(size_t size);

/*
 * Takes the first @len bytes of a file. Returns 0 and sets *@ret_offset to where the records
 * begin; -EBADMSG when it is no recording (or less than its magic).
 */
int recording_open(const void *bytes, size_t len, size_t *ret_offset);

/*
 * Steps to the record at *@offset of the @len @bytes of a recording. Returns 1, sets *@ret_record
 * and *@ret_size and moves *@offset behind it; 0 at the end; -EBADMSG when what is left is cut
 * short or is no record, with *@offset left where it begins. What came before it is good.
 */
int recording_next(const void *bytes, size_t len, size_t *offset, const void **ret_record,
		   size_t *ret_size);

/*
 * The most candidates that any decision among the records from @offset on lists, at least 1: what
 * an assembler must hold. A count that no kernel side sends is not believed.
 */
uint32_t recording_most_candidates(const void *bytes, size_t len, size_t offset);

#endif /* OOMTRACE_CORE_RECORDING_H */
