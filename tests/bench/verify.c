// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the verifier says of each program of the object, loaded alone:
 *
 *     verify OBJECT [PROGRAM...]
 *
 * One line a program: name, instructions that the verifier followed, instructions of the program,
 * milliseconds, or the name and why it was refused. The object is not linked with bpftool's
 * skeleton, so that the tracer itself need not be built for it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOG_STATS 4 /* of the verifier: its figures, no states */

static char verifier_log[1 << 16];

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* The verifier's figures of the program's own load. */
static void print_figures(const char *name, double ms, size_t insns)
{
	const char *processed = strstr(verifier_log, "processed ");

	printf("%s\t%ld\t%zu\t%.1f\n", name, processed ? strtol(processed + 10, NULL, 10) : -1L,
	       insns, ms);
}

static int load_one(const char *path, const char *wanted)
{
	struct bpf_object *object = bpf_object__open(path);
	struct bpf_program *program, *one = NULL;
	double began;
	int error;

	if (!object)
		return -errno;
	bpf_object__for_each_program(program, object)
	{
		bool is_it = !strcmp(bpf_program__name(program), wanted);

		bpf_program__set_autoload(program, is_it);
		if (is_it)
			one = program;
	}
	if (!one)
		return -ENOENT;
	bpf_program__set_log_level(one, LOG_STATS);
	bpf_program__set_log_buf(one, verifier_log, sizeof(verifier_log));
	verifier_log[0] = '\0';
	began = now_ms();
	error = bpf_object__load(object);
	if (error)
		printf("%s\t%s\n", wanted, strerror(-error));
	else
		print_figures(wanted, now_ms() - began, bpf_program__insn_cnt(one));
	bpf_object__close(object);
	return error;
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct bpf_object *object;

	if (argc < 2)
		return 2;
	libbpf_set_print(say_nothing);
	for (int i = 2; i < argc; i++)
		load_one(argv[1], argv[i]);
	if (argc > 2)
		return 0;
	object = bpf_object__open(argv[1]);
	if (!object)
		return 1;
	bpf_object__for_each_program(program, object)
	{
		load_one(argv[1], bpf_program__name(program));
		fflush(stdout);
	}
	return 0;
}
