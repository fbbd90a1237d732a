// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A place in the text and one in the constants of a static program: the linker lays out objects in
 * the order that it is given. The Makefile compiles this under several names, each MARK, and puts
 * them around libraries; lib/cold.c knows what lies between.
 */
#define JOIN(name, part)  name##_##part
#define PLACE(name, part) JOIN(name, part)

void PLACE(MARK, text)(void);
extern const char PLACE(MARK, constants)[1];

void PLACE(MARK, text)(void)
{
}

const char PLACE(MARK, constants)[1] = {1};
