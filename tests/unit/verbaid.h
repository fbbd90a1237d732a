/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A verb in a process of its own: what it writes, says and ends with. */
#ifndef OOMTRACE_TESTS_UNIT_VERBAID_H
#define OOMTRACE_TESTS_UNIT_VERBAID_H

#include "tests/unit/sample.h"

#include <argp.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "cmd/verbs.h"

#define ARGS     16
#define OUT_SIZE (1024 * 1024)

static char out[OUT_SIZE], said[8192];
static const char *verb_store; /* what "%" stands for */

/* What a process is before it becomes the verb. */
static void (*become)(void);

static void read_back(FILE *file, char *text, size_t size)
{
	size_t len;

	rewind(file);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
}

/* Runs the verb with these words, those after "%" being the store. Returns its status. */
static int run_words(const char *const *words)
{
	FILE *to = tmpfile(), *talk = tmpfile();
	const struct verb *verb = verbs;
	char *argv[ARGS] = {0};
	int argc = 0, status;
	pid_t pid;

	while (strcmp(verb->name, words[0]) != 0)
		verb++;
	for (; words[argc]; argc++)
		argv[argc] = strdup(strcmp(words[argc], "%") == 0 ? verb_store : words[argc]);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		dup2(null, STDIN_FILENO);
		dup2(fileno(to), STDOUT_FILENO);
		dup2(fileno(talk), STDERR_FILENO);
		argp_err_exit_status = EXIT_USAGE;
		if (become)
			become();
		status = verb->run(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	read_back(to, out, sizeof(out));
	read_back(talk, said, sizeof(said));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define RUN(...) run_words((const char *const[]){__VA_ARGS__, NULL})

/* Runs it, expects @status, and what it says (NULL: nothing) to hold @words. */
#define EXPECT(status, words, ...)                                                               \
	do {                                                                                     \
		int got_ = RUN(__VA_ARGS__);                                                     \
		const char *words_ = (words);                                                    \
		if (got_ != (status) || (words_ ? !strstr(said, words_) : said[0] != 0))         \
			fail_msg("%s: status %d, said '%s', wrote '%.300s'", #__VA_ARGS__, got_, \
				 said, out);                                                     \
	} while (0)

#endif /* OOMTRACE_TESTS_UNIT_VERBAID_H */
