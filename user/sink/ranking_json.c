// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who the kernel would kill now, for programs: one object of type rank. */
#include "lib/json.h"
#include "sink/ranking.h"

int ranking_put(struct outbuf *out, const struct ranking *ranking,
		const struct ranking_options *options)
{
	struct json json;

	(void)options;
	json_init(&json, out);
	json_open_object(&json, NULL);
	json_put_u64(&json, "totalpages", ranking->totalpages);
	json_close(&json);
	return json_end(&json);
}
