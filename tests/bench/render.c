// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How long one episode of 1,000 candidates takes from its records to its text and JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/assemble.h"
#include "sink/sink.h"
#include "tests/unit/wiregen.h"

#define CANDIDATES 1000
#define ROUNDS     50

static struct sink *sink;

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	(void)ctx;
	if (sink->ops->episode(sink, host, episode))
		abort();
}

static const struct assembler_ops ops = {.episode = on_episode};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void feed(struct assembler *assembler, const void *record)
{
	if (assembler_feed(assembler, record, ((const struct wire_head *)record)->size))
		abort();
}

static void feed_episode(struct assembler *assembler, uint64_t number)
{
	struct wire_decision decision = gen_decision(number, number * 1000);
	struct wire_end end = gen_end(number, number * 1000 + 1);

	gen_announce(&decision, CANDIDATES);
	feed(assembler, &decision);
	for (uint32_t first = 0; first < CANDIDATES; first += WIRE_CHUNK_TASKS) {
		uint32_t count = CANDIDATES - first < WIRE_CHUNK_TASKS ? CANDIDATES - first
								       : WIRE_CHUNK_TASKS;
		struct wire_candidates chunk = gen_candidates(number, first, count, 100 + first);

		feed(assembler, &chunk);
	}
	feed(assembler, &end);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of_rounds(struct sink *(*make)(const struct sink_options *))
{
	struct sink_options options = {
		.fd = memfd_create("render", 0),
		.candidates = CANDIDATES_ALL,
	};
	struct assembler_config config = {.ops = &ops, .max_candidates = 4096, .source = "replay"};
	struct assembler *assembler = assembler_new(&config);
	struct wire_host host = gen_host(0);
	double took[ROUNDS];

	sink = make(&options);
	feed(assembler, &host);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		double began = now_ms();

		feed_episode(assembler, i + 1);
		took[i] = now_ms() - began;
	}
	sink->ops->destroy(sink);
	assembler_free(assembler);
	close(options.fd);
	qsort(took, ROUNDS, sizeof(took[0]), by_size);
	return took[ROUNDS / 2];
}

int main(void)
{
	printf("text %.2f\n", median_of_rounds(sink_text_new));
	printf("json %.2f\n", median_of_rounds(sink_jsonl_new));
	return 0;
}
