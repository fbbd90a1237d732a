// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Brokers that speak Kafka's protocol on loopback and keep little: librdkafka's own mock cluster,
 * as a process that can be stopped. Usage: broker BROKERS TOPIC PARTITIONS; says where it listens
 * on stdout, and ends when its stdin does.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	rd_kafka_mock_cluster_t *cluster;
	char error_text[256], byte;
	rd_kafka_t *kafka;

	if (argc != 4) {
		fprintf(stderr, "usage: broker BROKERS TOPIC PARTITIONS\n");
		return 2;
	}
	kafka = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error_text,
			     sizeof(error_text));
	cluster = kafka ? rd_kafka_mock_cluster_new(kafka, atoi(argv[1])) : NULL;
	if (!cluster ||
	    rd_kafka_mock_topic_create(cluster, argv[2], atoi(argv[3]), atoi(argv[1]))) {
		fprintf(stderr, "broker: cannot begin\n");
		return 1;
	}
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(kafka);
	return 0;
}
