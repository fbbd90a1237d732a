// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/log.h"
#include "lib/parse.h"
#include "store/store.h"

#define TIMEOUT_NS 30000000000ULL
#define TOPIC_MOST 249 /* letters, of Kafka */

enum { KEY_CONFIG = 0x100, KEY_WATERMARK, KEY_TIMEOUT, KEY_METRICS, KEY_USER };

static const struct argp_option options[] = {
	{0, 0, 0, 0, "Where to:", 1},
	{"brokers", 'b', "HOST[:PORT],...", 0, "Some brokers of the cluster", 1},
	{"topic", 't', "TOPIC", 0, "The topic", 1},
	{"property", 'X', "NAME=VALUE", 0,
	 "A setting of librdkafka, such as security.protocol=SASL_SSL; can be given again", 1},
	{"config", KEY_CONFIG, "FILE", 0,
	 "Settings of librdkafka, NAME=VALUE on each line: the place for passwords", 1},
	{0, 0, 0, 0, "What, and how long:", 2},
	{"store", 's', "FILE", 0, "The kills kept in FILE (default: " STORE_DEFAULT_PATH ")", 2},
	{"follow", 'f', 0, 0, "Wait for new kills, and for brokers that cannot be reached", 2},
	{"timeout", KEY_TIMEOUT, "TIME", 0,
	 "Without --follow, end when nothing was confirmed for that long (default: 30s)", 2},
	{"watermark", KEY_WATERMARK, "FILE", 0,
	 "Where to note how far it came (default: " SHIP_DIRECTORY "/TOPIC.watermark)", 2},
	{0, 0, 0, 0, "Running:", 3},
	{"user", KEY_USER, "NAME", 0,
	 "Be this user; root becomes " SHIP_USER " where nobody is named", 3},
	{"metrics", KEY_METRICS, "FILE", 0, "Keep metrics for Prometheus in FILE", 3},
	{"quiet", 'q', 0, 0, "Only warnings and errors on stderr", 3},
	{"verbose", 'v', 0, 0, "What else there is to say, of librdkafka too", 3},
	{0},
};

/* What a topic may be called; so it is a file's name, too. */
static bool is_topic(const char *text)
{
	size_t len = strlen(text);

	return len && len <= TOPIC_MOST && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       len;
}

bool ship_is_own_property(const char *name)
{
	static const char *const own[] = {
		"enable.idempotence",         "acks", "request.required.acks", "transactional.id",
		"delivery.report.only.error",
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (strcasecmp(name, own[i]) == 0)
			return true;
	return false;
}

static void cut_end(char *text)
{
	size_t len = strlen(text);

	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
}

char *ship_split_property(char *text)
{
	char *value = strchr(text, '=');

	if (!value || value == text)
		return NULL;
	*value++ = '\0';
	cut_end(text);
	value += strspn(value, " \t");
	cut_end(value);
	return *text ? value : NULL;
}

/* All that may hold a secret: rather one too many. */
static bool is_secret(const char *property)
{
	static const char *const words[] = {"password", "secret", "pem",   "key",
					    "username", "jaas",   "oauth", "certificate"};
	size_t len = strcspn(property, "=");

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *found = strcasestr(property, words[i]);

		if (found && (size_t)(found - property) < len)
			return true;
	}
	return false;
}

int ship_hide_secrets(struct ship_options *ship)
{
	for (unsigned int i = 0; i < ship->n_properties; i++) {
		char *argument = ship->properties[i], *value = strchr(argument, '=');

		if (!value || !is_secret(argument))
			continue;
		ship->properties[i] = strdup(argument);
		if (!ship->properties[i])
			return -ENOMEM;
		memset(value + 1, '*', strlen(value + 1));
	}
	return 0;
}

static void add_property(struct ship_options *ship, char *text, struct argp_state *state)
{
	size_t len = strcspn(text, "=");
	char name[128];

	if (!len || !text[len] || len >= sizeof(name))
		argp_error(state, "a setting is NAME=VALUE, such as compression.codec=lz4");
	memcpy(name, text, len);
	name[len] = '\0';
	if (ship_is_own_property(name))
		argp_error(state, "%s is not to be set: that nothing is lost rests on it", name);
	if (ship->n_properties == SHIP_PROPERTIES)
		argp_error(state, "more than %d settings: put them into a file, for --config",
			   SHIP_PROPERTIES);
	ship->properties[ship->n_properties++] = text;
}

/* A path that has something in it. */
static const char *path_of(const char *text, struct argp_state *state)
{
	if (!*text || strlen(text) >= PATH_MAX - 8)
		argp_error(state, "'%s' is no name of a file", text);
	return text;
}

static void set_watermark(struct ship_options *ship, const char *text, struct argp_state *state)
{
	snprintf(ship->watermark, sizeof(ship->watermark), "%s", path_of(text, state));
	ship->own_watermark = true;
}

static void finish(struct ship_options *ship, struct argp_state *state)
{
	if (!ship->topic)
		argp_error(state, "to which topic? --topic");
	if (!ship->store)
		ship->store = STORE_DEFAULT_PATH;
	if (!ship->timeout_ns)
		ship->timeout_ns = TIMEOUT_NS;
	if (!ship->own_watermark && ship->topic)
		snprintf(ship->watermark, sizeof(ship->watermark), SHIP_DIRECTORY "/%s.watermark",
			 ship->topic);
}

/* Of what is chosen and named. Returns false for what is none of these. */
static bool parse_name(struct ship_options *ship, int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'b':
		if (!*arg)
			argp_error(state, "'' is no broker");
		ship->brokers = arg;
		return true;
	case 't':
		if (!is_topic(arg))
			argp_error(state,
				   "'%s' is no name of a topic: letters, digits, '.', '_', "
				   "'-', 249 at most",
				   arg);
		ship->topic = arg;
		return true;
	case 's':
		ship->store = path_of(arg, state);
		return true;
	case KEY_CONFIG:
		ship->config = path_of(arg, state);
		return true;
	case KEY_WATERMARK:
		set_watermark(ship, arg, state);
		return true;
	case KEY_METRICS:
		ship->metrics = path_of(arg, state);
		return true;
	case KEY_USER:
		ship->user = arg;
		return true;
	default:
		return false;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct ship_options *ship = state->input;

	switch (key) {
	case 'X':
		add_property(ship, arg, state);
		return 0;
	case 'f':
		ship->follow = true;
		return 0;
	case KEY_TIMEOUT:
		if (parse_duration(arg, &ship->timeout_ns))
			argp_error(state, "'%s' is no duration: 30s, 500ms, 5m", arg);
		return 0;
	case 'q':
		log_set_level(LOG_QUIET);
		return 0;
	case 'v':
		log_set_level(LOG_VERBOSE);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one word too many", arg);
		return 0;
	case ARGP_KEY_END:
		finish(ship, state);
		return 0;
	default:
		return parse_name(ship, key, arg, state) ? 0 : ARGP_ERR_UNKNOWN;
	}
}

const struct argp ship_argp = {
	.options = options,
	.parser = parse_option,
	.doc = "Send what was stored to a topic of Apache Kafka, each event a message, at least "
	       "once: what is noted as sent was confirmed by the brokers, and the next run goes on "
	       "behind it."
	       "\vExit status: 0 all is confirmed (with --follow: it was told to end), 1 not all "
	       "is, or the store cannot be read, 2 wrong usage.",
};
