// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The fuzzer of logs for some seconds, without a fuzzer: the golden logs, each spoilt in ways that
 * are the same every time. `make fuzz` goes on where this ends.
 */
#include "sample.h"

#include <dirent.h>

#include "tests/fuzz/fuzz_klog.c"

#define DATA       "tests/data/klog"
#define LOG_BYTES  (1 << 16)
#define SPOILT     120  /* of each log */
#define INPUT_MOST 8192 /* of one, as all of it is read twice */

static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Bytes changed, cut out, moved, and lines of elsewhere put in. */
static size_t spoil(uint8_t *bytes, size_t len)
{
	static const char pieces[] =
		"\n[  1.0] > ) (\\x5c{\"}:,=kB\033[31m\xff\0 -1 99999999999999999999";

	for (uint32_t n = 1 + any(12); n && len > 64; n--) {
		size_t at = any((uint32_t)len - 32), size = 1 + any(31);

		switch (any(5)) {
		case 0:
			bytes[at] = (uint8_t)any(256);
			break;
		case 1:
			memmove(bytes + at, bytes + at + size, len - at - size);
			len -= size;
			break;
		case 2:
			memmove(bytes + at, bytes + any((uint32_t)len - 32), size);
			break;
		case 3:
			memcpy(bytes + at, pieces + any(sizeof(pieces) - 4), 4);
			break;
		default:
			bytes[at] = '\n';
			break;
		}
	}
	return len;
}

static void spoilt_logs_are_survived(void **state)
{
	static uint8_t whole[LOG_BYTES], input[INPUT_MOST + 1];
	DIR *dir = opendir(DATA);
	unsigned int logs = 0;
	struct dirent *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char path[512];
		FILE *file;
		size_t len;

		snprintf(path, sizeof(path), DATA "/%s", entry->d_name);
		file = strstr(entry->d_name, ".log") ? fopen(path, "r") : NULL;
		if (!file)
			continue;
		len = fread(whole, 1, sizeof(whole), file);
		fclose(file);
		LLVMFuzzerTestOneInput(whole, len);
		for (unsigned int n = 0; n < SPOILT; n++) {
			size_t from = len > INPUT_MOST ? any((uint32_t)(len - INPUT_MOST)) : 0;
			size_t size = len - from < INPUT_MOST ? len - from : INPUT_MOST;

			input[0] = (uint8_t)any(64); /* the size of the steps it comes in */
			memcpy(input + 1, whole + from, size);
			LLVMFuzzerTestOneInput(input, spoil(input, size + 1));
		}
		logs++;
	}
	closedir(dir);
	assert_true(logs > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spoilt_logs_are_survived),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	logread_free(reader);
	return failed;
}
