/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace doctor: what this host supports, and what to do about what it does not. */
#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/hostrecord.h"
#include "cmd/past.h"
#include "cmd/tap.h"
#include "cmd/verbs.h"
#include "cmd/words.h"
#include "core/episode.h"
#include "core/redact.h"
#include "core/text.h"
#include "guard/guard.h"
#include "kernel/tracer.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/outbuf.h"
#include "lib/units.h"
#include "lib/utf8.h"
#include "proc/cgroup.h"
#include "proc/host.h"
#include "proc/oomcontrol.h"

#define LINE_BYTES 8192

struct doctor {
	bool json, redact;
	struct redactor *redactor; /* or NULL: nothing is redacted */
	struct host_facts facts;
	struct survey survey;
	enum cgroup_version memory_cgroups;
	struct oom_disabled disabled;
	struct past past;
};

enum { OPTION_REDACT = 0x100 };

static const struct argp_option options[] = {
	{"json", 'j', 0, 0, "One JSON object instead of words", 0},
	{"redact", OPTION_REDACT, 0, 0, TAP_REDACT_DOC, 0},
	{0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct doctor *doctor = state->input;

	switch (key) {
	case 'j':
		doctor->json = true;
		return 0;
	case OPTION_REDACT:
		doctor->redact = true;
		return 0;
	case ARGP_KEY_ARG:
		word_too_many(arg, "", state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp doctor_argp = {
	.options = options,
	.parser = parse_option,
	.doc = "Say what this host supports, which backend oomtrace will use, and what to do about "
	       "what does not work."
	       "\vExit status: 0 a backend works, 2 wrong usage, 3 none does.",
};

static void examine(struct doctor *doctor)
{
	struct wire_host host = {0};

	host_read(&doctor->facts);
	survey_host(&doctor->survey);
	doctor->memory_cgroups = cgroup_memory_version();
	oom_disabled_here(&doctor->disabled);
	memcpy(host.kernel, doctor->facts.kernel, sizeof(host.kernel));
	host.page_size = doctor->facts.page_size;
	past_survey(&host, true, NULL, &doctor->past);
}

static void redact_into(char *text, size_t size, const char *shown)
{
	text_copy(text, size, shown, strlen(shown));
}

/* What was found names this host, its boot and cgroups, and nobody else. */
static void redact_findings(struct doctor *doctor)
{
	struct redactor *redactor = doctor->redactor;
	struct host_facts *facts = &doctor->facts;

	if (!redactor)
		return;
	redact_into(facts->host, sizeof(facts->host),
		    redact_name(redactor, PSEUDONYM_HOST, facts->host));
	redact_into(facts->boot_id, sizeof(facts->boot_id),
		    redact_name(redactor, PSEUDONYM_BOOT, facts->boot_id));
	for (uint32_t i = 0; i < doctor->disabled.count; i++) {
		char *path = doctor->disabled.groups[i].path;

		redact_begin(redactor);
		redact_into(path, PATH_MAX, redact_cgroup(redactor, path));
	}
}

/* Without privilege or the kernel's types no backend is even tried, and none is refused. */
static bool is_tried(const struct survey *survey)
{
	return survey->privileged && survey->btf;
}

/* The first backend that works, or WIRE_BACKENDS. */
static unsigned int chosen_backend(const struct survey *survey)
{
	unsigned int i = is_tried(survey) ? 0 : WIRE_BACKENDS;

	while (i < WIRE_BACKENDS && survey->backends[i].refused)
		i++;
	return i;
}

static void say_row(const char *what, const char *result)
{
	printf("%-16s %s\n", what, result);
}

static void say_error(const char *what, const char *result, const char *error)
{
	printf("%-16s %s%s%s\n", what, result, *error ? ": " : "", error);
}

static void say_log(const struct doctor *doctor)
{
	const struct past *past = &doctor->past;
	units_text back;

	if (past->error)
		say_error("kernel log", "cannot be read", strerror(-past->error));
	else if (!past->begun || !past->first)
		say_row("kernel log", "can be read, reaches back to the boot");
	else if (past->first_ns && past->first_ns < past->clock.boot_ns)
		printf("%-16s can be read, reaches back %s\n", "kernel log",
		       units_span(back, past->clock.boot_ns - past->first_ns));
	else
		say_row("kernel log", "can be read, reaches back to before the last suspend");
	if (doctor->facts.oom_kills == WIRE_NONE_U64) {
		say_row("OOM kills", "not counted by this kernel");
		return;
	}
	printf("%-16s %lu since boot", "OOM kills", (unsigned long)doctor->facts.oom_kills);
	if (!past->error && doctor->facts.oom_kills)
		printf(", %lu of them still in the kernel log, %lu with a whole report",
		       (unsigned long)past->told, (unsigned long)past->whole);
	printf("\n");
}

/* Groups where tasks hang and nobody dies: what looks like an OOM kill that does not come. */
static void say_disabled(const struct oom_disabled *disabled)
{
	for (uint32_t i = 0; i < disabled->count; i++) {
		const char *path = disabled->groups[i].path;
		char text[UTF8_ESCAPED_LEN(PATH_MAX)];

		utf8_escape(text, sizeof(text), path, strlen(path), UINT_MAX);
		printf("%-16s disabled in %s: %s\n", "OOM killer", text,
		       disabled->groups[i].under_oom ? "tasks wait there now, and nobody is killed"
						     : "without memory, tasks will wait there");
	}
	if (disabled->more)
		printf("%-16s disabled in %u more\n", "", disabled->more);
	if (disabled->count)
		printf("%-16s to do: echo 0 >memory.oom_control in such a cgroup\n", "");
}

/* What oomtrace will be held back by once it is attached. */
static void say_protections(void)
{
	const char *said = "";

	printf("%-16s ", "protections");
	for (enum guard_measure measure = 0; measure < GUARD_MEASURES; measure++) {
		if (guard_offered(measure))
			continue;
		printf("%s%s", said, guard_measure_name(measure));
		said = ", ";
	}
	printf("\n");
	for (enum guard_measure measure = 0; measure < GUARD_MEASURES; measure++)
		if (guard_offered(measure))
			printf("%-16s not here: %s: %s\n", "", guard_measure_name(measure),
			       strerror(-guard_offered(measure)));
}

static void put_protections(struct json *json)
{
	json_open_array(json, "protections");
	for (enum guard_measure measure = 0; measure < GUARD_MEASURES; measure++)
		if (!guard_offered(measure))
			json_put_string(json, NULL, guard_measure_name(measure));
	json_close(json);
}

static void say_host(const struct doctor *doctor)
{
	static const char *const versions[] = {
		[CGROUP_NONE] =
			"not mounted: a cgroup's kills are seen, -c needs its path from the "
			"root",
		[CGROUP_V1] = "version 1",
		[CGROUP_V2] = "version 2",
	};
	const struct host_facts *facts = &doctor->facts;
	const struct survey *survey = &doctor->survey;

	printf("oomtrace %s on %s, kernel %s, %s\n\n", OOMTRACE_VERSION, facts->host, facts->kernel,
	       facts->arch);
	say_error("kernel types",
		  survey->btf           ? "found (BTF)"
		  : !survey->privileged ? "not looked for (BTF)"
					: "not found (BTF)",
		  survey->btf ? "" : survey->btf_error);
	say_error("privilege", survey->privileged ? "enough" : "not enough",
		  survey->privileged ? "" : survey->privilege_error);
	say_row("lockdown", *facts->lockdown ? facts->lockdown : "unknown (no securityfs here)");
	say_protections();
	if (facts->own_pids)
		say_row("pid namespace", "its own: command lines of victims that did not ask for "
					 "the memory themselves are not found (pods: hostPID)");
	say_row("memory cgroups", versions[doctor->memory_cgroups]);
	say_disabled(&doctor->disabled);
	say_log(doctor);
	printf("\n");
}

static void say_backends(const struct survey *survey)
{
	unsigned int chosen = chosen_backend(survey);

	for (unsigned int i = 0; i < WIRE_BACKENDS; i++) {
		const struct refusal *refusal = &survey->backends[i];

		if (!refusal->refused) {
			say_row(backend_name(i), is_tried(survey) ? "works" : "not tried");
			continue;
		}
		say_error(backend_name(i), "refused", refusal->reason);
		if (*refusal->remedy)
			printf("%-16s to do: %s\n", "", refusal->remedy);
	}
	if (chosen < WIRE_BACKENDS)
		printf("\noomtrace will use %s.\n", backend_name(chosen));
	else if (geteuid() != 0)
		printf("\nNothing works for this user. Try again as root: sudo oomtrace doctor\n");
	else
		printf("\nNothing works here: oomtrace cannot trace on this host.\n");
}

static void put_backends(struct json *json, const struct survey *survey)
{
	json_open_array(json, "backends");
	for (unsigned int i = 0; i < WIRE_BACKENDS; i++) {
		const struct refusal *refusal = &survey->backends[i];

		json_open_object(json, NULL);
		json_put_string(json, "backend", backend_name(i));
		json_put_bool(json, "works", is_tried(survey) && !refusal->refused);
		if (refusal->refused)
			json_put_string(json, "reason", refusal->reason);
		if (refusal->refused && *refusal->remedy)
			json_put_string(json, "remedy", refusal->remedy);
		json_close(json);
	}
	json_close(json);
}

static void put_disabled(struct json *json, const struct oom_disabled *disabled)
{
	if (!disabled->count)
		return;
	json_open_array(json, "oom_kill_disabled");
	for (uint32_t i = 0; i < disabled->count; i++) {
		json_open_object(json, NULL);
		json_put_string(json, "path", disabled->groups[i].path);
		json_put_bool(json, "under_oom", disabled->groups[i].under_oom);
		json_close(json);
	}
	json_close(json);
	if (disabled->more)
		json_put_u64(json, "oom_kill_disabled_more", disabled->more);
}

static void put_log(struct json *json, const struct doctor *doctor)
{
	const struct past *past = &doctor->past;
	units_text since;

	json_put_bool(json, "kernel_log", !past->error);
	if (!past->error && past->begun) {
		json_put_bool(json, "kernel_log_whole", !past->first);
		if (past->first_ns)
			json_put_string(
				json, "kernel_log_since",
				units_rfc3339(since, (int64_t)past->first_ns +
							     past->clock.real_minus_boot_ns));
	}
	if (doctor->facts.oom_kills != WIRE_NONE_U64)
		json_put_u64(json, "oom_kills", doctor->facts.oom_kills);
	if (past->error)
		return;
	json_put_u64(json, "oom_kills_logged", past->told);
	json_put_u64(json, "oom_kills_explained", past->whole);
}

/* Returns 0 or a negative errno. */
static int put_json(const struct doctor *doctor)
{
	const struct host_facts *facts = &doctor->facts;
	unsigned int chosen = chosen_backend(&doctor->survey);
	struct outbuf out;
	struct json json;
	int error = outbuf_init(&out, STDOUT_FILENO, -1, LINE_BYTES);

	if (error)
		return error;
	json_init(&json, &out);
	json_open_object(&json, NULL);
	json_put_u64(&json, "schema", 1);
	json_put_string(&json, "type", "doctor");
	json_put_string(&json, "host", facts->host);
	json_put_string(&json, "boot_id", facts->boot_id);
	if (doctor->redact)
		json_put_bool(&json, "redacted", true);
	json_put_string(&json, "version", OOMTRACE_VERSION);
	json_put_string(&json, "kernel", facts->kernel);
	json_put_string(&json, "arch", facts->arch);
	json_put_bool(&json, "btf", doctor->survey.btf);
	json_put_bool(&json, "privileged", doctor->survey.privileged);
	if (facts->own_pids)
		json_put_string(&json, "pid_namespace", "own");
	if (*facts->lockdown)
		json_put_string(&json, "lockdown", facts->lockdown);
	if (doctor->memory_cgroups != CGROUP_NONE)
		json_put_u64(&json, "memory_cgroups", doctor->memory_cgroups == CGROUP_V1 ? 1 : 2);
	put_protections(&json);
	put_disabled(&json, &doctor->disabled);
	put_log(&json, doctor);
	if (chosen < WIRE_BACKENDS)
		json_put_string(&json, "backend", backend_name(chosen));
	put_backends(&json, &doctor->survey);
	json_close(&json);
	error = json_end(&json);
	outbuf_free(&out);
	return error;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor doctor = {0};
	int error;

	argp_parse(&doctor_argp, argc, argv, 0, NULL, &doctor);
	if (tap_redactor(doctor.redact, &doctor.redactor))
		return EXIT_FAILED;
	examine(&doctor);
	redact_findings(&doctor);
	redactor_free(doctor.redactor);
	if (doctor.json) {
		error = put_json(&doctor);
		if (error) {
			log_error("cannot write: %s", strerror(-error));
			return EXIT_FAILED;
		}
	} else {
		say_host(&doctor);
		say_backends(&doctor.survey);
		if (printed_status() != EXIT_DONE)
			return EXIT_FAILED;
	}
	return chosen_backend(&doctor.survey) < WIRE_BACKENDS ? EXIT_DONE : EXIT_CANNOT_TRACE;
}
