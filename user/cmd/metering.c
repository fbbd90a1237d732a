/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/metering.h"

#include <errno.h>
#include <stdlib.h>

#include "cmd/hostrecord.h"
#include "sink/metricsfile.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "proc/host.h"
#include "sink/metrics.h"

#define HEARTBEAT_NS 15000000000ULL /* as often as Prometheus looks, where it is told nothing */
#define NEWS_NS      200000000ULL   /* a storm is written this often, not at each kill */

struct metering {
	struct sink *sink;
	struct metricsfile *file;
	uint64_t kernel_kills; /* when it was attached */
	uint64_t written_ns;   /* 0: not yet */
	uint64_t written_events;
	char text[METRICS_BYTES];
};

int metering_new(const char *path, struct metering **ret_metering)
{
	struct metering *metering = calloc(1, sizeof(*metering));
	int error = 0;

	if (metering)
		metering->sink = sink_metrics_new();
	if (!metering || !metering->sink) {
		log_error("not enough memory for metrics");
		error = -ENOMEM;
	}
	if (!error)
		error = metricsfile_new(path, &metering->file);
	if (error) {
		metering_free(metering);
		return error;
	}
	metering->kernel_kills = WIRE_NONE_U64;
	*ret_metering = metering;
	return 0;
}

void metering_free(struct metering *metering)
{
	if (!metering)
		return;
	metricsfile_free(metering->file);
	if (metering->sink)
		metering->sink->ops->destroy(metering->sink);
	free(metering);
}

struct sink *metering_sink(struct metering *metering)
{
	return metering->sink;
}

void metering_begin(struct metering *metering, uint64_t kernel_kills)
{
	metering->kernel_kills = kernel_kills;
}

uint64_t metering_deadline(const struct metering *metering)
{
	bool news = metrics_events(metering->sink) != metering->written_events;

	return metering->written_ns + (news ? NEWS_NS : HEARTBEAT_NS);
}

void metering_write(struct metering *metering, uint64_t now_boot_ns)
{
	struct metrics_now now = {
		.real_ns = clock_offset() + (int64_t)now_boot_ns,
		.kernel_kills = host_oom_kills(),
		.kernel_kills_attached = metering->kernel_kills,
	};
	int64_t len;

	metering->written_ns = now_boot_ns;
	metering->written_events = metrics_events(metering->sink);
	len = metrics_render(metering->sink, &now, metering->text, sizeof(metering->text));
	if (len > 0)
		metricsfile_put(metering->file, metering->text, (size_t)len);
}
