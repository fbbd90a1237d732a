/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The schema of a store, step by step from one version to the next. Within the store only. */
#ifndef OOMTRACE_STORE_SCHEMA_H
#define OOMTRACE_STORE_SCHEMA_H

#define STORE_APPLICATION_ID 0x6f6f6d74 /* "oomt" */
#define STORE_SCHEMA_VERSION 2
/* The oldest that can be read as it is: what came since is for the shipper alone. */
#define STORE_SCHEMA_READABLE 1

/* SQL that makes version N + 1 of version N, by N. Version 0 is an empty file. */
extern const char *const store_migrations[STORE_SCHEMA_VERSION];

#endif /* OOMTRACE_STORE_SCHEMA_H */
