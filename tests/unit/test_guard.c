/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is given up is gone: each claim is tried in a child that has entered. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/guard.h"
#include "guard/rights.h"

#define DONE 42

static char directory[] = "/tmp/oomtrace-guard-XXXXXX";
static char written[64], beside[64], elsewhere[64];

/* In a child that has entered by @duty: its exit status, or minus the signal that ended it. */
static int in_child(enum thread_duty duty, bool writes, int (*try)(void))
{
	const char *files[] = {written};
	struct guard_plan plan = {.written = files, .n_written = writes};
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (guard_prepare(&plan))
			_exit(1);
		guard_enter(duty);
		/* Raw, as all that follows: what a sanitizer would do at the end is not allowed. */
		syscall(SYS_exit_group, try());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static long number;
static pid_t parent; /* of the children */

/* With arguments that no kernel would do anything about. */
static int try_number(void)
{
	return syscall(number, -1L, 0L, 0L, 0L, 0L, 0L) < 0 ? errno : DONE;
}

static void what_takes_a_host_over_kills(void **state)
{
	static const long deadly[] = {
		SYS_execve,
		SYS_execveat,
		SYS_ptrace,
		SYS_bpf,
		SYS_perf_event_open,
		SYS_init_module,
		SYS_finit_module,
		SYS_process_vm_readv,
		SYS_process_vm_writev,
		SYS_mount,
		SYS_setuid,
		SYS_setns,
		SYS_unshare,
		SYS_kexec_load,
		SYS_open_by_handle_at,
		SYS_io_uring_setup,
	};

	(void)state;
	for (enum thread_duty duty = 0; duty < THREAD_DUTIES; duty++) {
		for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++) {
			number = deadly[i];
			if (in_child(duty, true, try_number) != -SIGSYS)
				fail_msg("call %ld is survived by duty %d", number, duty);
		}
	}
}

static void what_is_not_needed_is_not_there(void **state)
{
	static const long needless[] = {
		SYS_socket,   SYS_clone3,       SYS_kill,      SYS_prctl,       SYS_chmod,
		SYS_fchmodat, SYS_linkat,       SYS_symlinkat, SYS_mknodat,     SYS_openat2,
		SYS_capset,   SYS_memfd_create, SYS_tkill,     SYS_personality,
	};

	(void)state;
	for (enum thread_duty duty = 0; duty < THREAD_DUTIES; duty++) {
		for (size_t i = 0; i < sizeof(needless) / sizeof(*needless); i++) {
			number = needless[i];
			if (in_child(duty, true, try_number) != ENOSYS)
				fail_msg("call %ld is there for duty %d", number, duty);
		}
	}
}

static int try_to_signal_others(void)
{
	return syscall(SYS_tgkill, parent, parent, 0) < 0 ? errno : DONE;
}

static int try_to_signal_itself(void)
{
	return syscall(SYS_tgkill, getpid(), getpid(), 0) < 0 ? errno : DONE;
}

static void only_its_own_threads_can_be_signalled(void **state)
{
	(void)state;
	assert_int_equal(in_child(THREAD_LOOP, true, try_to_signal_others), ENOSYS);
	assert_int_equal(in_child(THREAD_LOOP, true, try_to_signal_itself), DONE);
}

static int try_executable_memory(void)
{
	long page = syscall(SYS_mmap, 0L, 4096L, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);

	if (page == -1)
		return 1;
	if (!syscall(SYS_mprotect, page, 4096L, PROT_READ | PROT_EXEC))
		return 2;
	return syscall(SYS_mmap, 0L, 4096L, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1L,
		       0L) < 0 &&
			       errno == ENOSYS
		       ? DONE
		       : 3;
}

static void memory_can_be_had_but_not_executed(void **state)
{
	(void)state;
	for (enum thread_duty duty = 0; duty < THREAD_DUTIES; duty++)
		assert_int_equal(in_child(duty, false, try_executable_memory), DONE);
}

static long open_raw(const char *path, int flags)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, flags, 0600L);

	return fd < 0 ? -errno : fd;
}

/* Of a file that is there and may be written to, but for the guard. */
static int try_to_write(void)
{
	static const int flags[] = {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC,
				    O_WRONLY | O_APPEND};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (open_raw(written, flags[i]) != -ENOSYS)
			return (int)i + 1;
	return DONE;
}

static void without_files_to_write_nothing_is_opened_for_writing(void **state)
{
	(void)state;
	for (enum thread_duty duty = 0; duty < THREAD_DUTIES; duty++)
		assert_int_equal(in_child(duty, false, try_to_write), DONE);
}

static void who_looks_at_others_never_opens_for_writing(void **state)
{
	(void)state;
	assert_int_equal(in_child(THREAD_LOOKUP, true, try_to_write), DONE);
}

static int try_to_look_at_others(void)
{
	char path[32];
	long fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", parent);
	fd = open_raw(path, O_RDONLY);
	return fd >= 0 ? DONE : (int)-fd;
}

static void who_looks_at_others_still_can(void **state)
{
	(void)state;
	assert_int_equal(in_child(THREAD_LOOKUP, true, try_to_look_at_others), DONE);
	if (!guard_offered(GUARD_LANDLOCK))
		assert_int_equal(in_child(THREAD_LOOP, true, try_to_look_at_others), EACCES);
}

static int try_the_store(void)
{
	if (open_raw(written, O_RDWR | O_CREAT) < 0)
		return 1;
	if (open_raw(beside, O_RDWR | O_CREAT | O_TRUNC) < 0)
		return 2;
	/* For the next one there is to be a file again. */
	if (rename(beside, written) || open_raw(beside, O_RDWR | O_CREAT) < 0 || unlink(beside))
		return 3;
	if (open_raw("/proc/self/stat", O_RDONLY) < 0)
		return 4;
	return DONE;
}

static void files_are_written_and_made_where_they_were_named(void **state)
{
	(void)state;
	assert_int_equal(in_child(THREAD_STORE, true, try_the_store), DONE);
	assert_int_equal(in_child(THREAD_WRITER, true, try_the_store), DONE);
}

static int try_elsewhere(void)
{
	if (open_raw(elsewhere, O_WRONLY) != -EACCES || open_raw(elsewhere, O_RDONLY) != -EACCES)
		return 1;
	if (open_raw("/etc/passwd", O_RDONLY) != -EACCES)
		return 2;
	if (open_raw("/tmp/oomtrace-guard", O_WRONLY | O_CREAT) != -EACCES)
		return 3;
	return DONE;
}

static void and_nowhere_else_where_the_kernel_has_landlock(void **state)
{
	(void)state;
	if (guard_offered(GUARD_LANDLOCK))
		skip();
	assert_int_equal(in_child(THREAD_STORE, true, try_elsewhere), DONE);
	assert_int_equal(in_child(THREAD_LOOP, true, try_elsewhere), DONE);
}

static int try_to_gain(void)
{
	return guard_error(GUARD_CAPABILITIES) || guard_error(GUARD_NEW_PRIVS) ||
			       guard_error(GUARD_SECCOMP) || guard_error(GUARD_LANDLOCK)
		       ? 1
		       : DONE;
}

static void what_this_host_offers_is_in_force(void **state)
{
	(void)state;
	if (guard_offered(GUARD_LANDLOCK) || guard_offered(GUARD_SECCOMP))
		skip();
	for (enum thread_duty duty = 0; duty < THREAD_DUTIES; duty++)
		assert_int_equal(in_child(duty, true, try_to_gain), DONE);
}

static char status_text[4096];

static void *read_status(void *arg)
{
	long fd = open_raw("/proc/thread-self/status", O_RDONLY);

	if (fd >= 0 && read((int)fd, status_text, sizeof(status_text) - 1) > 0)
		return arg;
	return NULL;
}

/* Whether the thread's status has this line. */
static bool says(const char *line)
{
	return strstr(status_text, line) != NULL;
}

static int threads_enter(void)
{
	struct guard_plan plan = {.no_capabilities = true};
	pthread_t thread;
	void *done;

	if (guard_prepare(&plan) ||
	    thread_start(THREAD_LOOKUP, THREAD_STACK_MIN, read_status, status_text, &thread) ||
	    pthread_join(thread, &done) || !done)
		return 1;
	if (!says("\nNoNewPrivs:\t1\n") || !says("\nSeccomp:\t2\n") ||
	    !says("\nCapEff:\t0000000000000000\n") || !says("\nCapPrm:\t0000000000000000\n"))
		return 2;
	/* The one that has started it has not. */
	read_status(NULL);
	return says("\nNoNewPrivs:\t0\n") ? DONE : 3;
}

static void a_thread_enters_by_itself_before_it_does_anything(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(threads_enter());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, DONE);
}

static void a_user_is_a_name_or_numbers(void **state)
{
	struct rights_user user = {7, 7};

	(void)state;
	assert_int_equal(rights_find_user("root", &user), 0);
	assert_int_equal(user.uid, 0);
	assert_int_equal(rights_find_user("12", &user), 0);
	assert_int_equal(user.uid, 12);
	assert_int_equal(user.gid, 12);
	assert_int_equal(rights_find_user("12:34", &user), 0);
	assert_int_equal(user.gid, 34);
	for (size_t i = 0; i < 6; i++) {
		static const char *const nobody[] = {"", ":", "1:", ":1", "4294967295", "n:1"};

		assert_int_equal(rights_find_user(nobody[i], &user), -ENOENT);
		assert_int_equal(user.gid, 34);
	}
}

static int become(void)
{
	static const struct rights_user user = {65534, 65533};
	uid_t r, e, s;
	gid_t groups[8];

	if (rights_become(&user) || getresuid(&r, &e, &s))
		return 1;
	if (r != user.uid || e != user.uid || s != user.uid || getegid() != user.gid)
		return 2;
	if (getgroups(8, groups) != 0 || !setuid(0))
		return 3;
	read_status(NULL);
	/* DAC_OVERRIDE, KILL, SETUID and the rest are gone; what attaching takes is not. */
	if (!strstr(status_text, "\nCapEff:\t") ||
	    strtoull(strstr(status_text, "\nCapEff:\t") + 9, NULL, 16) & 0xff)
		return 4;
	return DONE;
}

static void as_another_user_only_what_attaching_takes_is_left(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	pid = fork();
	if (!pid)
		_exit(become());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), DONE);
}

static int make_files(void **state)
{
	(void)state;
	parent = getpid();
	if (!mkdtemp(directory))
		return 1;
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", directory);
	snprintf(written, sizeof(written), "%s/here/file", directory);
	snprintf(beside, sizeof(beside), "%s/here/file-wal", directory);
	close(open(elsewhere, O_WRONLY | O_CREAT, 0600));
	*strrchr(written, '/') = '\0';
	mkdir(written, 0700);
	written[strlen(written)] = '/';
	close(open(written, O_WRONLY | O_CREAT, 0600));
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(written);
	unlink(beside);
	unlink(elsewhere);
	*strrchr(written, '/') = '\0';
	rmdir(written);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_takes_a_host_over_kills),
		cmocka_unit_test(what_is_not_needed_is_not_there),
		cmocka_unit_test(only_its_own_threads_can_be_signalled),
		cmocka_unit_test(memory_can_be_had_but_not_executed),
		cmocka_unit_test(without_files_to_write_nothing_is_opened_for_writing),
		cmocka_unit_test(who_looks_at_others_never_opens_for_writing),
		cmocka_unit_test(who_looks_at_others_still_can),
		cmocka_unit_test(files_are_written_and_made_where_they_were_named),
		cmocka_unit_test(and_nowhere_else_where_the_kernel_has_landlock),
		cmocka_unit_test(what_this_host_offers_is_in_force),
		cmocka_unit_test(a_thread_enters_by_itself_before_it_does_anything),
		cmocka_unit_test(a_user_is_a_name_or_numbers),
		cmocka_unit_test(as_another_user_only_what_attaching_takes_is_left),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
