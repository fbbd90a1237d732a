/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The page's template, byte for byte, as part of the program. REPORT_PAGE is where the build put it. */
	.section .rodata
	.global report_page
	.global report_page_len
report_page:
	.incbin REPORT_PAGE
report_page_end:
	.balign 8
report_page_len:
	.quad report_page_end - report_page
	.section .note.GNU-stack, "", %progbits
