/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What stands between who reads events and who renders them: redacts, where that was asked for. */
#ifndef OOMTRACE_CMD_TAP_H
#define OOMTRACE_CMD_TAP_H

#include <stdbool.h>

#include "core/assemble.h"
#include "core/redact.h"

/* Of --redact, of whatever verb. */
#define TAP_REDACT_DOC "Pseudonyms for names, paths, command lines and users: for strangers to see"

struct tap {
	/* Where to give events. */
	const struct assembler_ops *ops;
	void *ctx;
	/* Where they go on to, as pseudonyms; redactor NULL: ops and ctx are theirs. */
	struct redactor *redactor;
	const struct assembler_ops *to;
	void *to_ctx;
};

/*
 * Gives who makes pseudonyms, where @redact asks for them, else NULL. Returns 0, or -ENOMEM after
 * having said so.
 */
int tap_redactor(bool redact, struct redactor **ret_redactor);

/*
 * Makes @ret_tap, which stays where it is, give @ops and @ctx what it is given, redacted if so.
 * Returns 0, or -ENOMEM after having said so.
 */
int tap_open(struct tap *ret_tap, bool redact, const struct assembler_ops *ops, void *ctx);
void tap_close(struct tap *tap);

#endif /* OOMTRACE_CMD_TAP_H */
