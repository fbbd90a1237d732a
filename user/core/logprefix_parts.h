/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What undoes escapes, and reads the fields of wrapped lines: for logprefix.c. */
#ifndef OOMTRACE_CORE_LOGPREFIX_PARTS_H
#define OOMTRACE_CORE_LOGPREFIX_PARTS_H

#include "core/logprefix.h"

void logprefix_note_uptime(struct logprefix *prefix, uint64_t ns);

/* Says the uptime as dmesg does, where the log has it as a mere count: "12345.678901". */
void logprefix_uptime_text(struct logprefix *prefix);

/* Each writes into @out of LOGPREFIX_LINE_LEN bytes and returns what it wrote. */
struct span logprefix_unescape(struct span text, char *out); /* the \xNN of /dev/kmsg */
struct span logprefix_uncolour(struct span text, char *out); /* a terminal's colours are left out */

/*
 * A line that is a JSON object, of Docker or of journalctl -o json: *@line becomes its text, in
 * @out. Returns false where it is none, and *@ret_foreign where it is a program's.
 */
bool logprefix_json(struct span *line, struct logprefix *prefix, char *out, bool *ret_foreign);

#endif /* OOMTRACE_CORE_LOGPREFIX_PARTS_H */
