// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Values of JSON lines that may be absent. */
#include <string.h>

#include "lib/units.h"
#include "sink/jsonl_parts.h"

#define SCHEMA 1

void jsonl_begin(struct json *json, const char *type, const char *host, const char *boot_id,
		 int64_t real_ns, uint64_t boot_ns)
{
	units_text time;

	json_open_object(json, NULL);
	json_put_u64(json, "schema", SCHEMA);
	json_put_string(json, "type", type);
	if (real_ns)
		json_put_string(json, "time", units_rfc3339(time, real_ns));
	if (boot_ns)
		json_put_ms(json, "uptime_ms", (int64_t)boot_ns);
	jsonl_put_text(json, "host", host, WIRE_TEXT_LEN);
	jsonl_put_text(json, "boot_id", boot_id, WIRE_TEXT_LEN);
}

void jsonl_begin_on(struct json *json, const char *type, const struct host *host, int64_t real_ns,
		    uint64_t boot_ns)
{
	bool known = host && host->wire;

	jsonl_begin(json, type, known ? host->wire->host : "", known ? host->wire->boot_id : "",
		    real_ns, boot_ns);
	if (host && host->redacted)
		json_put_bool(json, "redacted", true);
}

void jsonl_put_text(struct json *json, const char *key, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len)
		json_put_bytes(json, key, text, len);
}

void jsonl_put_word(struct json *json, const char *key, const char *word)
{
	if (word)
		json_put_string(json, key, word);
}

void jsonl_put_path(struct json *json, const char *key, const char *cut_key, const char *path,
		    bool truncated)
{
	if (!path)
		return;
	json_put_string(json, key, path);
	if (truncated)
		json_put_bool(json, cut_key, true);
}

void jsonl_put_bytes(struct json *json, const char *key, uint64_t bytes)
{
	if (bytes != BYTES_UNKNOWN)
		json_put_u64(json, key, bytes);
}

void jsonl_put_loss(struct json *json, const uint64_t *loss, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (loss[i])
			json_put_u64(json, loss_name(i), loss[i]);
	}
}
