// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/producer.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/log.h"

#define SETTING_LINE 4096

struct producer {
	rd_kafka_t *kafka;
	const struct producer_ops *ops;
	void *ctx;
	const char *topic;
};

/* Before what people set. */
static const char *const defaults[][2] = {
	{"client.id", SHIP_PROGRAM},
	{"compression.codec", "zstd"},
	{"linger.ms", "20"},
	/* What is on its way is all that is held in memory, and what a shipper that dies sends
	   twice. */
	{"queue.buffering.max.messages", "2000"},
	{"queue.buffering.max.kbytes", "65536"},
	/*
	 * The line of a kill on a host with many processes has some megabytes, and compressed a
	 * tenth of that: the brokers say what is too large for them.
	 */
	{"message.max.bytes", "67108864"},
	/* A message is never given up for its age: the next one would be sent before it. */
	{"message.timeout.ms", "0"},
	{"reconnect.backoff.max.ms", "5000"},
	/* What a broker is not reached for is told by the error callback. */
	{"log.connection.close", "false"},
};

/* After it: the promise. An idempotent producer waits for all replicas that are in sync. */
static const char *const own[][2] = {
	{"enable.idempotence", "true"},
};

/* Where setting @name fails, the reason is in @ret_error. Returns 0 or -EINVAL. */
static int set(rd_kafka_conf_t *conf, const char *name, const char *value,
	       char ret_error[PRODUCER_ERROR_LEN])
{
	return rd_kafka_conf_set(conf, name, value, ret_error, PRODUCER_ERROR_LEN) ==
			       RD_KAFKA_CONF_OK
		       ? 0
		       : -EINVAL;
}

static int set_line(rd_kafka_conf_t *conf, char *line, char ret_error[PRODUCER_ERROR_LEN])
{
	char *value = ship_split_property(line);

	if (!value) {
		snprintf(ret_error, PRODUCER_ERROR_LEN, "a setting is NAME=VALUE");
		return -EINVAL;
	}
	if (ship_is_own_property(line)) {
		snprintf(ret_error, PRODUCER_ERROR_LEN,
			 "%.80s is not to be set: that nothing is lost rests on it", line);
		return -EINVAL;
	}
	return set(conf, line, value, ret_error);
}

/* NAME=VALUE lines; empty ones, and those that begin with #, are left out. */
static int set_file(rd_kafka_conf_t *conf, const char *path, char ret_error[PRODUCER_ERROR_LEN])
{
	scope_fclose FILE *file = fopen(path, "re");
	char line[SETTING_LINE], words[PRODUCER_ERROR_LEN];
	unsigned int number = 0;

	if (!file) {
		snprintf(ret_error, PRODUCER_ERROR_LEN, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	while (fgets(line, sizeof(line), file)) {
		char *text = line + strspn(line, " \t");

		number++;
		text[strcspn(text, "\r\n")] = '\0';
		if (!*text || *text == '#' || !set_line(conf, text, words))
			continue;
		snprintf(ret_error, PRODUCER_ERROR_LEN, "%s:%u: %.300s", path, number, words);
		return -EINVAL;
	}
	return 0;
}

static int set_all(rd_kafka_conf_t *conf, const struct ship_options *options,
		   char ret_error[PRODUCER_ERROR_LEN])
{
	int error = 0;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults) && !error; i++)
		error = set(conf, defaults[i][0], defaults[i][1], ret_error);
	if (!error && options->config)
		error = set_file(conf, options->config, ret_error);
	for (unsigned int i = 0; i < options->n_properties && !error; i++) {
		char line[SETTING_LINE];

		snprintf(line, sizeof(line), "%s", options->properties[i]);
		error = set_line(conf, line, ret_error);
		explicit_bzero(line, sizeof(line));
	}
	if (!error && options->brokers)
		error = set(conf, "bootstrap.servers", options->brokers, ret_error);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own) && !error; i++)
		error = set(conf, own[i][0], own[i][1], ret_error);
	return error;
}

/* A producer without brokers would wait for them forever. */
static int check_brokers(const rd_kafka_conf_t *conf, char ret_error[PRODUCER_ERROR_LEN])
{
	size_t len = 0;

	if (rd_kafka_conf_get(conf, "bootstrap.servers", NULL, &len) == RD_KAFKA_CONF_OK && len > 1)
		return 0;
	snprintf(ret_error, PRODUCER_ERROR_LEN, "to which brokers? --brokers HOST[:PORT],...");
	return -EINVAL;
}

static void on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque)
{
	struct producer *producer = opaque;
	int64_t number = (int64_t)(intptr_t)message->_private;

	(void)kafka;
	if (!message->err)
		producer->ops->confirmed(producer->ctx, number);
	else
		producer->ops->failed(producer->ctx, number, rd_kafka_err2name(message->err),
				      message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
}

static void on_error(rd_kafka_t *kafka, int code, const char *reason, void *opaque)
{
	struct producer *producer = opaque;
	bool fatal = code == RD_KAFKA_RESP_ERR__FATAL;
	char words[PRODUCER_ERROR_LEN];

	if (fatal) {
		code = rd_kafka_fatal_error(kafka, words, sizeof(words));
		reason = words;
	}
	producer->ops->trouble(producer->ctx, rd_kafka_err2name((rd_kafka_resp_err_t)code), reason,
			       fatal);
}

/* From the library's own threads, too. */
static void on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
	(void)kafka;
	(void)level;
	log_detail("librdkafka: %s: %s", facility, text);
}

static void watch_queue(struct producer *producer, int event_fd)
{
	static const uint64_t one = 1;
	rd_kafka_queue_t *queue = rd_kafka_queue_get_main(producer->kafka);

	rd_kafka_queue_io_event_enable(queue, event_fd, &one, sizeof(one));
	rd_kafka_queue_destroy(queue);
}

/* Returns 0 or a negative errno with the reason in @ret_error; @conf is used up in any case. */
static int start(struct producer *producer, rd_kafka_conf_t *conf,
		 char ret_error[PRODUCER_ERROR_LEN])
{
	rd_kafka_conf_set_opaque(conf, producer);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	producer->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, ret_error, PRODUCER_ERROR_LEN);
	if (producer->kafka)
		return 0;
	rd_kafka_conf_destroy(conf);
	return -EINVAL;
}

int producer_new(const struct ship_options *options, int event_fd, const struct producer_ops *ops,
		 void *ctx, struct producer **ret_producer, char ret_error[PRODUCER_ERROR_LEN])
{
	struct producer *producer = calloc(1, sizeof(*producer));
	rd_kafka_conf_t *conf;
	int error;

	if (!producer) {
		snprintf(ret_error, PRODUCER_ERROR_LEN, "not enough memory");
		return -ENOMEM;
	}
	*producer = (struct producer){.ops = ops, .ctx = ctx, .topic = options->topic};
	conf = rd_kafka_conf_new();
	error = set_all(conf, options, ret_error);
	if (!error)
		error = check_brokers(conf, ret_error);
	if (!error)
		error = start(producer, conf, ret_error);
	else
		rd_kafka_conf_destroy(conf);
	if (error) {
		free(producer);
		return error;
	}
	watch_queue(producer, event_fd);
	*ret_producer = producer;
	return 0;
}

void producer_serve(struct producer *producer)
{
	while (rd_kafka_poll(producer->kafka, 0) > 0)
		;
}

int producer_send(struct producer *producer, const struct message *message, const char **ret_name)
{
	rd_kafka_resp_err_t error = rd_kafka_producev(
		producer->kafka, RD_KAFKA_V_TOPIC(producer->topic),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		RD_KAFKA_V_KEY(message->key, message->key ? strlen(message->key) : 0),
		RD_KAFKA_V_VALUE(message->line, message->len), RD_KAFKA_V_HEADER("schema", "1", 1),
		RD_KAFKA_V_HEADER("type", message->type, strlen(message->type)),
		RD_KAFKA_V_HEADER("id", message->id, strlen(message->id)),
		RD_KAFKA_V_OPAQUE((void *)(intptr_t)message->number), RD_KAFKA_V_END);

	switch (error) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return 0;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return -EAGAIN;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return -EMSGSIZE;
	default:
		*ret_name = rd_kafka_err2name(error);
		return -EIO;
	}
}

void producer_free(struct producer *producer)
{
	if (!producer)
		return;
	rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
						RD_KAFKA_PURGE_F_NON_BLOCKING);
	rd_kafka_destroy(producer->kafka);
	free(producer);
}

const char *producer_library(void)
{
	return rd_kafka_version_str();
}
