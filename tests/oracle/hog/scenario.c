// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is to be started, as it is given on the command line. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hog.h"

struct proc procs[MAX_PROCS];
int nr_procs;

struct opt opt = {
	.limit = -1, .shrink = -1, .room = -1, .dir = "/tmp", .file_fd = -1, .name = "hog"};

size_t parse_size(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (*end == 'K' || *end == 'k')
		value <<= 10, end++;
	else if (*end == 'M' || *end == 'm')
		value <<= 20, end++;
	errno = 0;
	if (end == text || *end)
		die("not a size: %s", text);
	return value;
}

/* %XX to bytes, as many as fit. */
static void parse_name(const char *text, char *name, int size)
{
	int len = 0;
	unsigned int byte;

	memset(name, 0, size);
	while (*text && len < size - 1) {
		if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) {
			name[len++] = byte;
			text += 3;
		} else {
			name[len++] = *text++;
		}
	}
}

static enum kin kin_of(const char *text)
{
	errno = 0;
	if (!strcmp(text, "vfork"))
		return KIN_VFORK;
	if (strcmp(text, "clone"))
		die("no such kin: %s", text);
	return KIN_CLONE;
}

/* Has its place right after who starts it. */
static void add_kin(struct proc proc)
{
	proc.kin = KIN_NONE;
	proc.is_kin = true;
	procs[nr_procs++] = proc;
}

void parse_proc(char *spec)
{
	struct proc proc = {.uid = -1, .count = 1, .sub = "", .node = -1};
	char *save, *word, path[PATH_MAX];

	parse_name("worker", proc.comm, COMM_LEN);
	for (word = strtok_r(spec, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		else
			value = "";
		if (!strcmp(word, "name"))
			parse_name(value, proc.comm, COMM_LEN);
		else if (!strcmp(word, "anon"))
			proc.anon = parse_size(value);
		else if (!strcmp(word, "file"))
			proc.file = parse_size(value);
		else if (!strcmp(word, "shmem"))
			proc.shmem = parse_size(value);
		else if (!strcmp(word, "adj"))
			proc.adj = atoi(value), proc.adj_set = true;
		else if (!strcmp(word, "threads"))
			proc.threads = atoi(value);
		else if (!strcmp(word, "uid"))
			proc.uid = atol(value);
		else if (!strcmp(word, "node"))
			proc.node = atoi(value);
		else if (!strcmp(word, "count"))
			proc.count = atoi(value);
		else if (!strcmp(word, "sub"))
			parse_name(value, path, sizeof(path)), proc.sub = strdup(path);
		else if (!strcmp(word, "leader-exits"))
			proc.leader_exits = true;
		else if (!strcmp(word, "grow"))
			proc.grows = true;
		else if (!strcmp(word, "exits"))
			proc.exits = true;
		else if (!strcmp(word, "hungry"))
			proc.exits = proc.hungry = true;
		else if (!strcmp(word, "held"))
			proc.held = opt.holds = true;
		else if (!strcmp(word, "fails"))
			proc.fails = atoi(value);
		else if (!strcmp(word, "kin"))
			proc.kin = kin_of(value);
		else
			errno = 0, die("unknown key %s in a process", word);
	}
	if (proc.leader_exits && !proc.threads)
		proc.threads = 1;
	for (int i = 0; i < proc.count; i++) {
		errno = 0;
		if (nr_procs == MAX_PROCS)
			die("more than %d processes", MAX_PROCS);
		procs[nr_procs++] = proc;
		if (proc.kin)
			add_kin(proc);
	}
}
