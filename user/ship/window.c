// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/window.h"

#include <string.h>

static struct window_entry *entry_at(struct window *window, size_t place)
{
	return &window->entries[(window->first + place) % WINDOW_MOST];
}

void window_begin(struct window *window, int64_t low)
{
	window->low = low;
	window->first = window->count = window->flying = window->failed = window->n_kept = 0;
}

bool window_is_full(const struct window *window)
{
	return window->count == WINDOW_MOST;
}

bool window_is_clear(const struct window *window)
{
	return !window->flying && !window->failed;
}

bool window_was_done(const struct window *window, int64_t number)
{
	size_t from = 0, to = window->n_kept;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (window->kept[middle] == number)
			return true;
		if (window->kept[middle] < number)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

/* Moves the watermark over what is done. */
static void advance(struct window *window)
{
	while (window->count && entry_at(window, 0)->state == WINDOW_DONE) {
		window->low = entry_at(window, 0)->number;
		window->first = (window->first + 1) % WINDOW_MOST;
		window->count--;
	}
}

void window_add(struct window *window, int64_t number, int64_t time_ns, bool done)
{
	*entry_at(window, window->count++) = (struct window_entry){
		.number = number,
		.time_ns = time_ns,
		.state = done ? WINDOW_DONE : WINDOW_FLYING,
	};
	if (done)
		advance(window);
	else
		window->flying++;
}

/* The entry of @number, or NULL. */
static struct window_entry *find(struct window *window, int64_t number)
{
	size_t from = 0, to = window->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		struct window_entry *entry = entry_at(window, middle);

		if (entry->number == number)
			return entry;
		if (entry->number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

void window_done(struct window *window, int64_t number)
{
	struct window_entry *entry = find(window, number);

	if (!entry || entry->state != WINDOW_FLYING)
		return;
	entry->state = WINDOW_DONE;
	window->flying--;
	advance(window);
}

void window_fail(struct window *window, int64_t number)
{
	struct window_entry *entry = find(window, number);

	if (!entry || entry->state != WINDOW_FLYING)
		return;
	entry->state = WINDOW_FAILED;
	window->flying--;
	window->failed++;
}

void window_fail_all(struct window *window)
{
	for (size_t i = 0; i < window->count; i++)
		if (entry_at(window, i)->state == WINDOW_FLYING)
			entry_at(window, i)->state = WINDOW_FAILED;
	window->failed += window->flying;
	window->flying = 0;
}

void window_again(struct window *window)
{
	int64_t highest = window->count ? entry_at(window, window->count - 1)->number : window->low;
	size_t n_done = 0, above = 0, n_above;

	for (size_t i = 0; i < window->count; i++)
		n_done += entry_at(window, i)->state == WINDOW_DONE;
	/* What was kept before and has not been passed since lies above all entries. */
	while (above < window->n_kept && window->kept[above] <= highest)
		above++;
	n_above = window->n_kept - above;
	/* What there is no room for is sent twice. */
	if (n_above > WINDOW_MOST - n_done)
		n_above = WINDOW_MOST - n_done;
	memmove(window->kept + n_done, window->kept + above, n_above * sizeof(*window->kept));
	for (size_t i = 0, to = 0; i < window->count; i++)
		if (entry_at(window, i)->state == WINDOW_DONE)
			window->kept[to++] = entry_at(window, i)->number;
	window->n_kept = n_done + n_above;
	window->first = window->count = window->flying = window->failed = 0;
}

int64_t window_oldest_ns(const struct window *window)
{
	for (size_t i = 0; i < window->count; i++) {
		const struct window_entry *entry =
			&window->entries[(window->first + i) % WINDOW_MOST];

		if (entry->state != WINDOW_DONE)
			return entry->time_ns;
	}
	return 0;
}
