// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/logscan.h"

#include <stdbool.h>
#include <string.h>

/* Of each line that can begin a report, so many bytes: as far as can be skipped at a time. */
#define WINDOW 12

static const char words[][WINDOW + 1] = {
	"oom-killer: ",   /* X invoked oom-killer: gfp_mask= */
	"oom-kill:con",   /* oom-kill:constraint= */
	"Killed proce",   /* Killed process */
	"Kill process",   /* Out of memory: Kill process */
	"kill process",   /* Out of memory: kill process */
	"eaper: reape",   /* oom_reaper: reaped process */
	"eaper: unabl",   /* oom_reaper: unable to reap */
	"y and no kil",   /* Out of memory and no killable processes */
	" is already ",   /* Out of memory: OOM victim 1 (app) is already exiting */
	"panic_on_oom",   /* Kernel panic - not syncing: out of memory. panic_on_oom is */
	"OOM request ",   /* OOM request ignored */
	"al OOM execu",   /* SysRq : Manual OOM execution */
	"m is deadloc",   /* Kernel panic - not syncing: System is deadlocked on memory */
	"\"MESSAGE\":[1", /* a journal's, of bytes that are no text: may be any of these */
	"\"MESSAGE\":[2", "\"MESSAGE\":[3", "\"MESSAGE\":[4", "\"MESSAGE\":[5",
	"\"MESSAGE\":[6", "\"MESSAGE\":[7", "\"MESSAGE\":[8", "\"MESSAGE\":[9",
};

#define WORDS (sizeof(words) / sizeof(words[0]))

static unsigned int slot_of(const char *two)
{
	uint16_t value;

	memcpy(&value, two, sizeof(value));
	return (value ^ value >> 4) & (LOGSCAN_SLOTS - 1);
}

void logscan_init(struct logscan *scan)
{
	memset(scan->shift, WINDOW - 1, sizeof(scan->shift));
	for (size_t i = 0; i < WORDS; i++) {
		for (unsigned int at = 0; at + 2 <= WINDOW; at++) {
			uint8_t *shift = &scan->shift[slot_of(words[i] + at)];
			uint8_t left = (uint8_t)(WINDOW - 2 - at);

			if (left < *shift)
				*shift = left;
		}
	}
}

static bool is_word(const char *window)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (!memcmp(window, words[i], WINDOW))
			return true;
	}
	return false;
}

size_t logscan_find(const struct logscan *scan, const char *bytes, size_t len)
{
	size_t end = WINDOW; /* of the window */

	while (end <= len) {
		unsigned int shift = scan->shift[slot_of(bytes + end - 2)];

		if (!shift) {
			if (is_word(bytes + end - WINDOW))
				return end - WINDOW;
			shift = 1;
		}
		end += shift;
	}
	return len;
}
