/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Levels in front of lines, for systemd's journal: sd-daemon(3). */
#include "tests/unit/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>

#include "lib/journal.h"
#include "lib/log.h"
#include "lib/outbuf.h"

static void name_stream(int fd, unsigned long more)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	snprintf(stream, sizeof(stream), "%lu:%lu", (unsigned long)st.st_dev,
		 (unsigned long)st.st_ino + more);
	setenv("JOURNAL_STREAM", stream, 1);
}

static void only_the_socket_that_is_named_is_the_journals(void **state)
{
	static const char *const not_it[] = {"", "0:0", ":", "journal", "1:2:3"};
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	unsetenv("JOURNAL_STREAM");
	assert_false(journal_reads(fds[0]));
	name_stream(fds[0], 0);
	assert_true(journal_reads(fds[0]));
	assert_false(journal_reads(fds[1]));
	assert_false(journal_reads(-1));
	name_stream(fds[0], 1000000);
	assert_false(journal_reads(fds[0]));
	for (size_t i = 0; i < sizeof(not_it) / sizeof(*not_it); i++) {
		setenv("JOURNAL_STREAM", not_it[i], 1);
		assert_false(journal_reads(fds[0]));
	}
	unsetenv("JOURNAL_STREAM");
	close(fds[0]);
	close(fds[1]);
}

/* A buffer of 8 bytes, so that lines go out in pieces. */
static void every_line_has_one_level_however_it_is_put_together(void **state)
{
	int fd = sample_fd();
	struct outbuf out;
	char *text;

	(void)state;
	assert_int_equal(outbuf_init(&out, fd, -1, 8), 0);
	outbuf_puts(&out, "none\n");
	assert_int_equal(outbuf_end(&out), 0);
	outbuf_level(&out, LOG_ERR);
	outbuf_puts(&out, "a kill in ");
	outbuf_puts(&out, "pieces\n  of\n\n");
	outbuf_putc(&out, 'l');
	outbuf_puts(&out, "ines\n");
	assert_int_equal(outbuf_end(&out), 0);
	outbuf_level(&out, LOG_INFO);
	outbuf_puts(&out, "not ended");
	assert_int_equal(outbuf_end(&out), 0);
	outbuf_puts(&out, "begun\n");
	assert_int_equal(outbuf_end(&out), 0);
	outbuf_level(&out, -1);
	outbuf_puts(&out, "none\n");
	assert_int_equal(outbuf_end(&out), 0);
	outbuf_free(&out);
	text = sample_read(fd, NULL);
	assert_string_equal(text, "none\n<3>a kill in pieces\n<3>  of\n<3>\n<3>lines\n"
				  "<6>not ended<6>begun\nnone\n");
	free(text);
	close(fd);
}

static void check_level(const char *text, char level)
{
	assert_true(*text);
	for (; *text; text = strchr(text, '\n') + 1)
		if (text[0] != '<' || text[1] != level || text[2] != '>')
			fail_msg("not of level %c: %s", level, text);
}

/* What the text sink makes of what @tell hands it; to be freed. */
static char *told(bool levels, void (*tell)(struct sink *sink))
{
	struct sink_options options = {.fd = sample_fd(), .candidates = 10, .levels = levels};
	struct sink *sink = sink_text_new(&options);
	char *text;

	assert_non_null(sink);
	tell(sink);
	sink->ops->destroy(sink);
	text = sample_read(options.fd, NULL);
	close(options.fd);
	return text;
}

static void tell_kill(struct sink *sink)
{
	struct sample sample;

	sample_fill(&sample);
	assert_int_equal(sink->ops->episode(sink, sample_host(), &sample.episode), 0);
}

static void tell_no_kill(struct sink *sink, uint8_t reason)
{
	struct sample sample;

	sample_fill(&sample);
	sample.episode.no_kill = reason;
	assert_int_equal(sink->ops->no_kill(sink, sample_host(), &sample.episode), 0);
}

static void tell_panic(struct sink *sink)
{
	tell_no_kill(sink, NO_KILL_PANIC);
}

static void tell_nobody(struct sink *sink)
{
	tell_no_kill(sink, NO_KILL_NOTHING_KILLABLE);
}

static void tell_gone(struct sink *sink)
{
	struct outcome outcome = {.pid = 7, .comm = "gone", .has_exited = true, .exited_ns = 1};

	assert_int_equal(sink->ops->outcome(sink, sample_host(), &outcome), 0);
}

static void tell_alive(struct sink *sink)
{
	struct outcome outcome = {.pid = 7, .comm = "alive", .watched_ns = 5000000000};

	assert_int_equal(sink->ops->outcome(sink, sample_host(), &outcome), 0);
}

static void tell_user_kill(struct sink *sink)
{
	struct user_kill kill = {.signal = 9, .sender_pid = 7, .sender_comm = "earlyoom"};

	assert_int_equal(sink->ops->user_kill(sink, sample_host(), &kill), 0);
}

static void tell_lost(struct sink *sink)
{
	struct lost lost = {.reason = LOSS_RING_DECISION, .count = 1};

	assert_int_equal(sink->ops->lost(sink, sample_host(), &lost), 0);
}

static void events_have_the_level_that_the_manual_says(void **state)
{
	static const struct {
		void (*tell)(struct sink *sink);
		char level;
	} rows[] = {
		{tell_panic, '2'}, {tell_kill, '3'},      {tell_nobody, '3'}, {tell_alive, '4'},
		{tell_lost, '4'},  {tell_user_kill, '5'}, {tell_gone, '6'},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *text = told(true, rows[i].tell);

		check_level(text, rows[i].level);
		free(text);
		text = told(false, rows[i].tell);
		assert_null(strchr(text, '<'));
		free(text);
	}
}

static void json_has_no_levels(void **state)
{
	struct sink_options options = {.fd = sample_fd(), .levels = true};
	struct sink *sink = sink_jsonl_new(&options);
	char *text;

	(void)state;
	assert_non_null(sink);
	tell_kill(sink);
	sink->ops->destroy(sink);
	text = sample_read(options.fd, NULL);
	assert_int_equal(*text, '{');
	free(text);
	close(options.fd);
}

static void talk_has_levels_where_the_journal_reads_it(void **state)
{
	int fd = sample_fd(), saved = dup(STDERR_FILENO);
	char *text;

	(void)state;
	fflush(stderr);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	log_levels(true);
	log_set_level(LOG_VERBOSE);
	log_error("error");
	log_warn("warning");
	log_note("note");
	log_plain("banner");
	log_detail("detail");
	log_levels(false);
	log_note("note");
	log_set_level(LOG_NORMAL);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	text = sample_read(fd, NULL);
	assert_string_equal(text, "<3>oomtrace: error\n<4>oomtrace: warning: warning\n"
				  "<6>oomtrace: note\n<6>banner\n<7>oomtrace: detail\n"
				  "oomtrace: note\n");
	free(text);
	close(fd);
	close(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_socket_that_is_named_is_the_journals),
		cmocka_unit_test(every_line_has_one_level_however_it_is_put_together),
		cmocka_unit_test(events_have_the_level_that_the_manual_says),
		cmocka_unit_test(json_has_no_levels),
		cmocka_unit_test(talk_has_levels_where_the_journal_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
