/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace completion: the verbs' own option tables, as bash and zsh want them. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/outputs.h"
#include "cmd/verbs.h"
#include "cmd/words.h"

enum shell { SHELL_NONE, SHELL_BASH, SHELL_ZSH };

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	enum shell *shell = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*shell != SHELL_NONE)
			word_too_many(arg, "", state);
		if (strcmp(arg, "bash") == 0)
			*shell = SHELL_BASH;
		else if (strcmp(arg, "zsh") == 0)
			*shell = SHELL_ZSH;
		else
			argp_error(state, "'%s' is no shell that is known: bash or zsh", arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "for which shell? bash or zsh");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp completion_argp = {
	.parser = parse_option,
	.args_doc = "bash|zsh",
	.doc = "Write the completion of a shell to stdout, for its directory of completions."
	       "\vbash: oomtrace completion bash > /etc/bash_completion.d/oomtrace\n"
	       "zsh: oomtrace completion zsh > /usr/local/share/zsh/site-functions/_oomtrace",
};

/* The values that an option's argument can have, by the argument's name in the table. */
static const struct {
	const char *arg, *words;
} choices[] = {
	{"WHEN", "auto always never"},
	{"BACKEND", "auto fentry kprobe tracepoint"},
	{"N|all", "all"},
	{"WHAT", "cgroup comm unit pod"},
};

static const char *names_of_formats(void)
{
	static char names[64];
	size_t len = 0;

	for (unsigned int i = 0; i < OUTPUT_FORMATS && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i ? " " : "",
					output_kinds[i].name);
	return names;
}

static const char *choices_of(const char *arg)
{
	if (strcmp(arg, "FORMAT[:FILE]") == 0)
		return names_of_formats();
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++)
		if (strcmp(arg, choices[i].arg) == 0)
			return choices[i].words;
	return NULL;
}

static bool is_file(const char *arg)
{
	return strcmp(arg, "FILE") == 0 || strncmp(arg, "LOG", 3) == 0;
}

typedef void (*option_fn)(const struct verb *verb, const struct argp_option *option);

/* Every option of @argp and of its children that has a name. */
static void each_option(const struct verb *verb, const struct argp *argp, option_fn fn)
{
	for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++)
		if (o->name && !(o->flags & OPTION_HIDDEN))
			fn(verb, o);
	for (const struct argp_child *c = argp->children; c && c->argp; c++)
		each_option(verb, c->argp, fn);
}

static bool has_letter(const struct argp_option *option)
{
	return option->key > 0 && option->key < 0x80 && isalnum(option->key);
}

/* "[FILE|-]", "FILE", "[LOG...|-]": the verb's own arguments are files. */
static bool takes_files(const struct argp *argp)
{
	return argp->args_doc && (strstr(argp->args_doc, "FILE") || strstr(argp->args_doc, "LOG"));
}

static void put_verbs(const char *between)
{
	for (size_t i = 0; i < n_verbs; i++)
		printf("%s%s", verbs[i].name, between);
}

/* Of an option with an argument: what may follow it. */
static void put_bash_argument(const struct verb *verb, const struct argp_option *option)
{
	const char *words;

	if (!option->arg || option->flags & OPTION_ARG_OPTIONAL)
		return;
	words = choices_of(option->arg);
	printf("\t%s:--%s", verb->name, option->name);
	if (has_letter(option))
		printf("|%s:-%c", verb->name, option->key);
	if (words)
		printf(")\n\t\tCOMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n\t\treturn ;;\n", words);
	else if (is_file(option->arg))
		printf(")\n\t\t_filedir\n\t\treturn ;;\n");
	else
		printf(")\n\t\treturn ;;\n");
}

static void put_bash_name(const struct verb *verb, const struct argp_option *option)
{
	(void)verb;
	printf("--%s%s ", option->name,
	       option->arg && !(option->flags & OPTION_ARG_OPTIONAL) ? "=" : "");
}

static void put_bash(void)
{
	printf("# bash completion for oomtrace, made by: oomtrace completion bash\n"
	       "_oomtrace()\n{\n"
	       "\tlocal cur prev words cword split verb=trace options=\n"
	       "\t_init_completion -s || return\n"
	       "\tif ((cword == 1)) && [[ $cur != -* ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W 'help ");
	put_verbs(" ");
	printf("' -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\t[[ ${words[1]} == -* ]] || verb=${words[1]}\n"
	       "\tcase $verb:$prev in\n");
	for (size_t i = 0; i < n_verbs; i++)
		each_option(&verbs[i], verbs[i].argp, put_bash_argument);
	printf("\thelp:help)\n\t\tCOMPREPLY=($(compgen -W '");
	put_verbs(" ");
	printf("' -- \"$cur\"))\n\t\treturn ;;\n"
	       "\tcompletion:completion)\n"
	       "\t\tCOMPREPLY=($(compgen -W 'bash zsh' -- \"$cur\"))\n\t\treturn ;;\n"
	       "\tesac\n\t$split && return\n\tcase $verb in\n");
	for (size_t i = 0; i < n_verbs; i++) {
		printf("\t%s) options='", verbs[i].name);
		each_option(&verbs[i], verbs[i].argp, put_bash_name);
		printf("--help --version' ;;\n");
	}
	printf("\tesac\n\tif [[ $cur == -* ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	       "\t\t[[ ${COMPREPLY-} != *= ]] || compopt -o nospace\n\t\treturn\n\tfi\n"
	       "\tcase $verb in\n\t");
	for (size_t i = 0, n = 0; i < n_verbs; i++)
		if (takes_files(verbs[i].argp))
			printf("%s%s", n++ ? "|" : "", verbs[i].name);
	printf(") _filedir ;;\n\tesac\n}\ncomplete -F _oomtrace oomtrace\n");
}

/* Within single quotes and brackets, for _arguments. */
static void put_zsh_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			printf("'\\''");
		else if (strchr("[]:\\", *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void put_zsh_option(const struct verb *verb, const struct argp_option *option)
{
	const char *words = option->arg ? choices_of(option->arg) : NULL;
	bool wants = option->arg && !(option->flags & OPTION_ARG_OPTIONAL);

	(void)verb;
	if (has_letter(option))
		printf(" \\\n\t\t\t'*'{-%c%s,--%s%s}'[", option->key, wants ? "+" : "",
		       option->name, wants ? "=" : "");
	else
		printf(" \\\n\t\t\t'*--%s%s[", option->name, wants ? "=" : "");
	put_zsh_text(option->doc ? option->doc : "");
	putchar(']');
	if (wants) {
		putchar(':');
		put_zsh_text(option->arg);
		putchar(':');
		if (words)
			printf("(%s)", words);
		else if (is_file(option->arg))
			printf("_files");
	}
	putchar('\'');
}

static void put_zsh(void)
{
	printf("#compdef oomtrace\n# made by: oomtrace completion zsh\n\n"
	       "_oomtrace() {\n\tlocal verb=trace\n"
	       "\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
	       "\t\tlocal -a verbs=(\n");
	for (size_t i = 0; i < n_verbs; i++) {
		printf("\t\t\t'%s:", verbs[i].name);
		put_zsh_text(verbs[i].summary);
		printf("'\n");
	}
	printf("\t\t\t'help:list the verbs, or the options of one'\n\t\t)\n"
	       "\t\t_describe verb verbs\n\t\treturn\n\tfi\n"
	       "\tif [[ $words[2] != -* ]]; then\n\t\tverb=$words[2]\n"
	       "\t\tshift words\n\t\t(( CURRENT-- ))\n\tfi\n"
	       "\tcase $verb in\n");
	for (size_t i = 0; i < n_verbs; i++) {
		printf("\t%s)\n\t\t_arguments -s '--help[list the options]' "
		       "'--version[say the version]'",
		       verbs[i].name);
		each_option(&verbs[i], verbs[i].argp, put_zsh_option);
		if (takes_files(verbs[i].argp))
			printf(" \\\n\t\t\t'*:file:_files'");
		else if (verbs[i].argp == &completion_argp)
			printf(" \\\n\t\t\t':shell:(bash zsh)'");
		printf(" ;;\n");
	}
	printf("\thelp)\n\t\t_arguments ':verb:(");
	put_verbs(" ");
	printf(")' ;;\n\tesac\n}\n\n_oomtrace \"$@\"\n");
}

int cmd_completion(int argc, char **argv)
{
	enum shell shell = SHELL_NONE;

	argp_parse(&completion_argp, argc, argv, 0, NULL, &shell);
	if (shell == SHELL_BASH)
		put_bash();
	else
		put_zsh();
	return printed_status();
}
