// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * eater: a program as people write them to see the OOM killer at work, not one that is led by the
 * hand as hog's are: it takes memory at its own pace and ends only when it is killed.
 *
 *   eater BLOCK            takes block after block, zeroes each, and says how much it has: big_mm
 *   eater BLOCK RESERVED   reserves all of it at once, then touches it block by block, and stays
 *
 * Sizes in MiB. Its name is that of the file that it was started as.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Between two blocks, so that several of them grow side by side. */
#define PAUSE_MICROSECONDS 20000

static void grow_for_ever(size_t block)
{
	unsigned long total = 0;

	for (;;) {
		char *memory = malloc(block);

		usleep(PAUSE_MICROSECONDS);
		if (!memory)
			continue;
		bzero(memory, block);
		total += block >> 20;
		printf("%lu MiB\n", total);
		fflush(stdout);
	}
}

static void fill(size_t block, size_t reserved)
{
	char *memory = malloc(reserved);

	if (!memory)
		exit(1);
	for (size_t done = 0; done + block <= reserved; done += block) {
		memset(memory + done, 'x', block);
		printf("%zu of %zu MiB\n", (done + block) >> 20, reserved >> 20);
		fflush(stdout);
		usleep(PAUSE_MICROSECONDS);
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3) {
		fputs("usage: eater BLOCK [RESERVED], in MiB\n", stderr);
		return 2;
	}
	if (argc == 2)
		grow_for_ever((size_t)atol(argv[1]) << 20);
	fill((size_t)atol(argv[1]) << 20, (size_t)atol(argv[2]) << 20);
	return 0;
}
