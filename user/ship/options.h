/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `oomtrace ship` is told. Parsed twice, by oomtrace, which leaves root and starts the
 * shipper, and by the shipper: by this one table. Knows nothing of Kafka.
 */
#ifndef OOMTRACE_SHIP_OPTIONS_H
#define OOMTRACE_SHIP_OPTIONS_H

#include <argp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define SHIP_PROPERTIES 64
#define SHIP_DIRECTORY  "/var/lib/oomtrace-ship"
#define SHIP_USER       "oomtrace-ship" /* whom root becomes where nobody else is named */
#define SHIP_PROGRAM    "oomtrace-ship"

struct ship_options {
	const char *brokers; /* NULL: a property says it */
	const char *topic;
	const char *store;
	const char *config;                    /* a file of properties, or NULL */
	char *properties[SHIP_PROPERTIES + 1]; /* "name=value" */
	unsigned int n_properties;
	bool follow;
	uint64_t timeout_ns;
	char watermark[PATH_MAX];
	bool own_watermark;  /* it was named: its directory is somebody's */
	const char *metrics; /* NULL: none are written */
	const char *user;    /* NULL: nobody was named */
};

/* Its input is a struct ship_options, zeroed. */
extern const struct argp ship_argp;

/* Whether @name is a property that the shipper's promise rests on, and which it sets itself. */
bool ship_is_own_property(const char *name);

/*
 * Splits "name=value" in place, blanks around both cut off. Returns the value, or NULL where there
 * is no name, or no '='.
 */
char *ship_split_property(char *text);

/*
 * Puts stars in place of the values of properties that are secret, in the arguments themselves, so
 * that a list of processes does not show them; @options keeps copies. Returns 0 or -ENOMEM.
 */
int ship_hide_secrets(struct ship_options *options);

#endif /* OOMTRACE_SHIP_OPTIONS_H */
