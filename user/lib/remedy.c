/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/remedy.h"

#include <errno.h>

const char *remedy_of_open(int error)
{
	switch (error) {
	case ELOOP:
		return ": it is a symbolic link; name the file itself";
	case ENOENT:
		return ": create its directory first";
	case EISDIR:
		return ": name a file in it";
	case EACCES:
	case EPERM:
		return ": choose a place that this user may write to";
	case EEXIST:
		return ": it is another user's, in a directory for everybody; choose another name";
	case EROFS:
		return ": choose a place on another file system";
	default:
		return "";
	}
}

const char *remedy_of_read(int error)
{
	switch (error) {
	case EISDIR:
		return ": name a file in it";
	case EACCES:
	case EPERM:
		return ": read it as root, or as a user who may";
	default:
		return "";
	}
}
