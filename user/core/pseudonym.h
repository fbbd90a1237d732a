/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names that stand for names: the same for the same one as long as the table lives, numbered as
 * they come. Of a name nothing is kept but a sum, so that nothing can be read back.
 */
#ifndef OOMTRACE_CORE_PSEUDONYM_H
#define OOMTRACE_CORE_PSEUDONYM_H

#include <stddef.h>
#include <stdint.h>

enum pseudonym_kind {
	PSEUDONYM_COMM,
	PSEUDONYM_CMDLINE,
	PSEUDONYM_CGROUP, /* one directory of a path */
	PSEUDONYM_UNIT,
	PSEUDONYM_CONTAINER, /* by its id or its name */
	PSEUDONYM_POD_UID,
	PSEUDONYM_POD,
	PSEUDONYM_NAMESPACE,
	PSEUDONYM_HOST,
	PSEUDONYM_BOOT,
	PSEUDONYM_UID,
	PSEUDONYM_KINDS,
};

/* Names that one table has numbers for; those that come later share one pseudonym of their kind. */
#define PSEUDONYMS_MAX 49152
/* Room for a word and its number: "namespace-49152" and NUL. */
#define PSEUDONYM_LEN 24

struct pseudonyms;

/* All the memory it will ever use, about a megabyte; NULL when that is not to be had. */
struct pseudonyms *pseudonyms_new(void);
void pseudonyms_free(struct pseudonyms *names);

/* From 1 on in the order in which names of @kind come; 0 for what the table has no room for. */
uint32_t pseudonym_number(struct pseudonyms *names, enum pseudonym_kind kind, const char *name,
			  size_t len);

/* "comm-3"; "comm-x" for what the table has no room for; "" for "". */
void pseudonym_of(struct pseudonyms *names, enum pseudonym_kind kind, const char *name, size_t len,
		  char ret_text[PSEUDONYM_LEN]);

/*
 * A pseudonym for a user: those of the system, up to 999, and 65534 stay, others are numbered from
 * 1,000,000,001 on, which no user has.
 */
uint32_t pseudonym_uid(struct pseudonyms *names, uint32_t uid);

#endif /* OOMTRACE_CORE_PSEUDONYM_H */
