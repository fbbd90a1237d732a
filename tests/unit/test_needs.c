/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/needs.h"

static void assert_lacks(struct kernel_answers answers, const char *what, const char *remedy)
{
	const char *to_do = NULL;
	const char *lacks = kernel_lacks(&answers, &to_do);

	if (!what) {
		assert_null(lacks);
		return;
	}
	assert_non_null(lacks);
	assert_non_null(strstr(lacks, what));
	assert_non_null(strstr(to_do, remedy));
}

static void a_kernel_that_has_all_lacks_nothing(void **state)
{
	(void)state;
	assert_lacks((struct kernel_answers){0}, NULL, NULL);
}

/* 4.14 (Amazon Linux 2) knows no raw tracepoints: nothing that privilege would help against. */
static void a_kernel_before_raw_tracepoints_is_named_as_such(void **state)
{
	(void)state;
	assert_lacks((struct kernel_answers){-EINVAL, -EINVAL, -EINVAL, -EINVAL}, "raw tracepoints",
		     "5.8");
	assert_lacks((struct kernel_answers){-ENOSYS, -ENOSYS, -ENOSYS, -ENOSYS}, "no bpf()",
		     "CONFIG_BPF_SYSCALL");
}

/* 5.4 (Ubuntu 20.04) and the first of RHEL 8. */
static void a_kernel_before_the_ring_buffer_is_named_as_such(void **state)
{
	(void)state;
	assert_lacks((struct kernel_answers){0, -EINVAL, -EINVAL, -EINVAL}, "ring buffer",
		     "oomtrace import");
	assert_lacks((struct kernel_answers){0, 0, -EINVAL, 0}, "clock", "5.8");
}

static void a_lockdown_is_named_as_such(void **state)
{
	(void)state;
	assert_lacks((struct kernel_answers){0, 0, 0, -EINVAL}, "may not read", "confidentiality");
}

/* Of 5.10 the ring's memory counts as locked: that is for privilege to say. */
static void what_is_not_permitted_is_not_lacking(void **state)
{
	(void)state;
	assert_lacks((struct kernel_answers){-EPERM, -EPERM, -EPERM, -EPERM}, NULL, NULL);
	assert_lacks((struct kernel_answers){0, -EPERM, -EACCES, -ENOMEM}, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_that_has_all_lacks_nothing),
		cmocka_unit_test(a_kernel_before_raw_tracepoints_is_named_as_such),
		cmocka_unit_test(a_kernel_before_the_ring_buffer_is_named_as_such),
		cmocka_unit_test(a_lockdown_is_named_as_such),
		cmocka_unit_test(what_is_not_permitted_is_not_lacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
