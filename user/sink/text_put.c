// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words that several parts of the text output are made of. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/units.h"
#include "sink/text_parts.h"

const char *text_process(process_text out, const char *comm, uint32_t pid)
{
	char name[UTF8_ESCAPED_LEN(WIRE_COMM_LEN)];

	utf8_escape(name, sizeof(name), comm, strnlen(comm, WIRE_COMM_LEN), COLUMNS);
	snprintf(out, sizeof(process_text), "%s[%" PRIu32 "]", name, pid);
	return out;
}

const char *text_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void text_name(struct flow *flow, const char *name, size_t size, const char *after)
{
	char escaped[UTF8_ESCAPED_LEN(COLUMNS)];

	utf8_escape(escaped, sizeof(escaped), name, strnlen(name, size), COLUMNS / 2);
	flow_word(flow, "%s%s", escaped, after);
}

void text_limit(struct flow *flow, const char *what, uint64_t bytes, bool is_max, const char *after)
{
	units_text limit;

	if (is_max)
		flow_word(flow, "%s unlimited%s", what, after);
	else
		flow_word(flow, "%s %s%s", what, units_bytes(limit, bytes), after);
}

void text_command(struct flow *flow, const char *cmdline, bool truncated)
{
	if (!cmdline || !*cmdline)
		return;
	flow_begin(flow, "  command", INDENT);
	flow_parts(flow, cmdline, ' ');
	if (truncated)
		flow_word(flow, "...");
	flow_end(flow);
}
