/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "guard/calls.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sets of duties. */
enum {
	LOOP = 1 << THREAD_LOOP,
	LOOKUP = 1 << THREAD_LOOKUP,
	WRITER = 1 << THREAD_WRITER,
	STORE = 1 << THREAD_STORE,
	EACH = LOOP | LOOKUP | WRITER | STORE,
	FILES = LOOP | WRITER | STORE, /* these write to files, where any is written to */
};

struct call {
	int number;
	unsigned int duties;
};

static const struct call allowed[] = {
	/* descriptors that are open */
	{SCMP_SYS(read), EACH},
	{SCMP_SYS(readv), EACH},
	{SCMP_SYS(pread64), EACH},
	{SCMP_SYS(write), EACH},
	{SCMP_SYS(writev), EACH},
	{SCMP_SYS(pwrite64), FILES},
	{SCMP_SYS(lseek), EACH},
	{SCMP_SYS(close), EACH},
	{SCMP_SYS(fstat), EACH},
	{SCMP_SYS(fcntl), EACH},
	{SCMP_SYS(dup), EACH},
	{SCMP_SYS(dup2), EACH},
	{SCMP_SYS(dup3), EACH},
	{SCMP_SYS(getdents64), EACH},
	/* waiting */
	{SCMP_SYS(poll), EACH},
	{SCMP_SYS(ppoll), EACH},
	{SCMP_SYS(epoll_wait), LOOP | WRITER},
	{SCMP_SYS(epoll_pwait), LOOP | WRITER},
	{SCMP_SYS(epoll_ctl), LOOP | WRITER},
	{SCMP_SYS(timerfd_settime), LOOP | WRITER},
	{SCMP_SYS(nanosleep), EACH},
	{SCMP_SYS(clock_nanosleep), EACH},
	{SCMP_SYS(futex), EACH},
	{SCMP_SYS(sched_yield), EACH},
	{SCMP_SYS(restart_syscall), EACH},
	/* the time, where it is not read without a call; who and where this is */
	{SCMP_SYS(clock_gettime), EACH},
	{SCMP_SYS(gettimeofday), EACH},
	{SCMP_SYS(time), EACH},
	{SCMP_SYS(uname), EACH},
	{SCMP_SYS(sysinfo), EACH},
	{SCMP_SYS(getpid), EACH},
	{SCMP_SYS(gettid), EACH},
	{SCMP_SYS(getuid), EACH},
	{SCMP_SYS(geteuid), EACH},
	{SCMP_SYS(getrandom), EACH},
	/* memory: below, what is not executable */
	{SCMP_SYS(brk), EACH},
	{SCMP_SYS(mremap), EACH},
	{SCMP_SYS(munmap), EACH},
	{SCMP_SYS(madvise), EACH},
	/* signals, and the end */
	{SCMP_SYS(rt_sigaction), EACH},
	{SCMP_SYS(rt_sigprocmask), EACH},
	{SCMP_SYS(rt_sigreturn), EACH},
	{SCMP_SYS(sigaltstack), EACH},
	{SCMP_SYS(exit), EACH},
	{SCMP_SYS(exit_group), EACH},
	/* names of files; what they are about, Landlock says where it is there */
	{SCMP_SYS(newfstatat), EACH},
	{SCMP_SYS(statx), EACH},
	{SCMP_SYS(fstatfs), FILES},
	{SCMP_SYS(fsync), FILES},
	{SCMP_SYS(fdatasync), FILES},
	{SCMP_SYS(stat), STORE},
	{SCMP_SYS(lstat), STORE},
	{SCMP_SYS(access), STORE},
	{SCMP_SYS(faccessat), STORE},
	{SCMP_SYS(faccessat2), STORE},
	{SCMP_SYS(readlink), STORE},
	{SCMP_SYS(readlinkat), STORE},
	{SCMP_SYS(getcwd), STORE},
	{SCMP_SYS(fchmod), STORE},
	{SCMP_SYS(fallocate), STORE},
	{SCMP_SYS(ftruncate), STORE},
};

/* For who has files that are written to: put in place of another, or removed. */
static const struct call for_writing[] = {
	{SCMP_SYS(openat), FILES},    {SCMP_SYS(rename), FILES}, {SCMP_SYS(renameat), FILES},
	{SCMP_SYS(renameat2), FILES}, {SCMP_SYS(unlink), FILES}, {SCMP_SYS(unlinkat), FILES},
};

/*
 * What is not named fails as if the kernel did not have it. But these nothing of oomtrace's would
 * try: who does has taken it over.
 */
static const int deadly[] = {
	/* becoming something else */
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(setuid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	/* other processes */
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_getfd),
	/* the kernel */
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(keyctl),
	/* the machine */
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
};

static int allow(scmp_filter_ctx filter, const struct call *calls, size_t n, enum thread_duty duty)
{
	int error = 0;

	for (size_t i = 0; i < n && !error; i++)
		if (calls[i].duties & 1U << duty)
			error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i].number, 0);
	return error;
}

/* Calls that are allowed with some arguments only. */
static int allow_some(scmp_filter_ctx filter, enum thread_duty duty)
{
	static const unsigned long requests[] = {TCGETS, TIOCGWINSZ, PERF_EVENT_IOC_DISABLE};
	static const int makers[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	int error = 0;

	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, makers[i], 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					 SCMP_A1_32(SCMP_CMP_EQ, (uint32_t)requests[i]));
	/* Of its own threads: raise(). */
	if (!error)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
					 SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)getpid()));
	if (!error && duty != THREAD_WRITER)
		error = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
			SCMP_A2_32(SCMP_CMP_MASKED_EQ,
				   O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY), 0));
	return error;
}

static int fill(scmp_filter_ctx filter, enum thread_duty duty, bool writes)
{
	int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (!error)
		error = allow(filter, allowed, sizeof(allowed) / sizeof(*allowed), duty);
	if (!error && writes)
		error = allow(filter, for_writing, sizeof(for_writing) / sizeof(*for_writing),
			      duty);
	if (!error)
		error = allow_some(filter, duty);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly) && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	return error;
}

/* The filter as the kernel takes it: the library cannot load it without allocating. */
static int export(scmp_filter_ctx filter, struct calls *calls)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), error;
	off_t size;

	if (fd < 0)
		return -errno;
	error = seccomp_export_bpf(filter, fd);
	size = error ? 0 : lseek(fd, 0, SEEK_CUR);
	if (!error && (size <= 0 || size / sizeof(struct sock_filter) > UINT16_MAX))
		error = -EOVERFLOW;
	if (!error) {
		calls->program.filter = malloc((size_t)size);
		if (!calls->program.filter)
			error = -ENOMEM;
		else if (pread(fd, calls->program.filter, (size_t)size, 0) != size)
			error = -EIO;
		calls->program.len = (uint16_t)((size_t)size / sizeof(struct sock_filter));
	}
	if (error)
		calls_free(calls);
	close(fd);
	return error;
}

int calls_prepare(struct calls *calls, enum thread_duty duty, bool writes)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error = filter ? fill(filter, duty, writes) : -ENOMEM;

	if (!error)
		error = export(filter, calls);
	seccomp_release(filter);
	return error;
}

int calls_enter(const struct calls *calls)
{
	if (!calls->program.filter)
		return -ENODATA;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &calls->program, 0, 0) ? -errno : 0;
}

void calls_free(struct calls *calls)
{
	free(calls->program.filter);
	calls->program = (struct sock_fprog){0};
}

int calls_offered(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) ? -errno : 0;
}
