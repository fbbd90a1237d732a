/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which container, pod or systemd unit a cgroup's path names. Only what a path says for certain is
 * told: directories are named by anybody who may make them, and what merely resembles a container's
 * name is none.
 */
#ifndef OOMTRACE_CORE_CONTAINER_H
#define OOMTRACE_CORE_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"

#define CONTAINER_HEX_LEN 64 /* of the ids that Docker, containerd, CRI-O and Podman give */
#define CONTAINER_SHORT   12 /* as much of such an id as people are shown */
#define CONTAINER_UID_LEN 36 /* 8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab */

enum container_known {
	CONTAINER_KNOWS_RUNTIME = 1 << 0,
	CONTAINER_KNOWS_ID = 1 << 1,
	CONTAINER_KNOWS_POD = 1 << 2, /* pod_uid and qos */
	CONTAINER_KNOWS_UNIT = 1 << 3,
	CONTAINER_KNOWS_SLICE = 1 << 4,
	CONTAINER_KNOWS_USER = 1 << 5,
	CONTAINER_KNOWS_SESSION = 1 << 6,
};

struct container {
	uint32_t known;      /* enum container_known */
	const char *runtime; /* docker, containerd, cri-o, podman, lxc, systemd-nspawn, libvirt */
	bool id_is_hex;      /* CONTAINER_HEX_LEN digits; else the container's name */
	char id[WIRE_PATH_NAME];
	char pod_uid[CONTAINER_UID_LEN + 1]; /* as the API server writes it: dashes */
	const char *qos;                     /* guaranteed, burstable, besteffort */
	char unit[WIRE_PATH_NAME];           /* the innermost service or scope */
	char slice[WIRE_PATH_NAME];          /* the innermost one */
	uint32_t user;                       /* whose slice or manager it is */
	char session[WIRE_PATH_NAME];        /* "3" of session-3.scope */
};

/*
 * Reads @path, which may be NULL or begin with the mark of a truncated one. Of containers within
 * containers the innermost counts, and likewise of pods, units and slices. Returns whether
 * anything is known.
 */
bool container_of_path(const char *path, struct container *ret_container);

/* Whether it is in a container or pod; a unit alone is what every process of a host is in. */
bool container_is_one(const struct container *container);

/* Whether @path lies in the unit (service, scope, slice) @name; without a suffix, a service. */
bool container_in_unit(const char *path, const char *name);

/* Whether @path lies in a container, outer ones included, of this name or whose id begins so. */
bool container_in(const char *path, const char *id);

/* Whether @path lies in the pod of this uid, with dashes or with underscores. */
bool container_in_pod(const char *path, const char *uid);

#endif /* OOMTRACE_CORE_CONTAINER_H */
