// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/container.h"

#include <stddef.h>
#include <string.h>

#include "core/part.h"

/* A path while it is walked from its root. */
struct walk {
	const char *rest;
	struct part before, part, after; /* after: the next one; len 0 where there is none */
};

static void walk_begin(struct walk *walk, const char *path)
{
	*walk = (struct walk){.rest = path};
	walk->after = part_next(&walk->rest);
}

/* Steps to the next directory. Returns false behind the last. */
static bool walk_step(struct walk *walk)
{
	walk->before = walk->part;
	walk->part = walk->after;
	walk->after = part_next(&walk->rest);
	return walk->part.len > 0;
}

/* Copies @part; what is too long for a directory's name is not one. */
static bool part_copy(struct part part, char ret_text[WIRE_PATH_NAME])
{
	if (!part.len || part.len >= WIRE_PATH_NAME)
		return false;
	memcpy(ret_text, part.at, part.len);
	ret_text[part.len] = '\0';
	return true;
}

/* As part_copy(), with systemd's escapes undone: "\x2d" is a dash. */
static bool part_unescape(struct part part, char ret_text[WIRE_PATH_NAME])
{
	char text[WIRE_PATH_NAME];
	size_t out = 0;

	if (!part.len || part.len >= sizeof(text))
		return false;
	for (size_t i = 0; i < part.len; i++) {
		char c = part.at[i];

		if (c == '\\' && part.len - i >= 4 && part.at[i + 1] == 'x' &&
		    part_hex_value(part.at[i + 2]) >= 0 && part_hex_value(part.at[i + 3]) >= 0) {
			c = (char)(part_hex_value(part.at[i + 2]) << 4 |
				   part_hex_value(part.at[i + 3]));
			i += 3;
		}
		if (!c)
			return false;
		text[out++] = c;
	}
	memcpy(ret_text, text, out);
	ret_text[out] = '\0';
	return true;
}

static bool set_id(struct container *container, const char *runtime, bool is_hex_id)
{
	container->known |= CONTAINER_KNOWS_ID;
	container->known &= ~(uint32_t)CONTAINER_KNOWS_RUNTIME;
	if (runtime)
		container->known |= CONTAINER_KNOWS_RUNTIME;
	container->runtime = runtime;
	container->id_is_hex = is_hex_id;
	return true;
}

/* What stands before the 64 digits of a container's directory, and whose it is. */
static const struct prefix {
	const char *text, *runtime;
} prefixes[] = {
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"crio-", "cri-o"},
	{"libpod-", "podman"},
	{"libpod-payload-", "podman"},
	{"nerdctl-", "containerd"},
	{":cri-containerd:", "containerd"},
	{":docker:", "docker"},
	{":crio:", "cri-o"},
	{":libpod:", "podman"},
};

/*
 * docker-ID.scope, crio-ID (cgroupfs), and SLICE:cri-containerd:ID, which is what a runtime for
 * cgroupfs makes of a name for systemd. The monitors beside them, crio-conmon-ID and
 * libpod-conmon-ID, are not in the container.
 */
static bool read_prefixed(struct part part, struct container *container)
{
	part_drop(&part, ".scope");
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct part rest = part;

		if (prefixes[i].text[0] == ':' && rest.len > CONTAINER_HEX_LEN) {
			size_t len = CONTAINER_HEX_LEN + strlen(prefixes[i].text);
			size_t skip = rest.len > len ? rest.len - len : 0;

			rest.at += skip;
			rest.len -= skip;
		}
		if (part_take(&rest, prefixes[i].text) && part_is_hex(rest, CONTAINER_HEX_LEN) &&
		    part_copy(rest, container->id))
			return set_id(container, prefixes[i].runtime, true);
	}
	return false;
}

/* ID alone, as cgroupfs drivers name it: who made it is told by the directory above, if at all. */
static bool read_bare(struct part before, struct part part, struct container *container)
{
	const char *runtime = NULL;

	if (!part_is_hex(part, CONTAINER_HEX_LEN) || !part_copy(part, container->id))
		return false;
	if (part_is(before, "docker"))
		runtime = "docker";
	else if (part_is(before, "k8s.io") || part_is(before, "moby"))
		runtime = "containerd";
	return set_id(container, runtime, true);
}

/* lxc.payload.NAME, lxc.payload/NAME and /lxc/NAME; the monitors beside them are outside. */
static bool read_lxc(struct part before, struct part part, struct container *container)
{
	bool below = part_is(before, "lxc") || part_is(before, "lxc.payload");

	if (!part_take(&part, "lxc.payload.") && (!below || part_take(&part, "lxc.monitor")))
		return false;
	return part_copy(part, container->id) && set_id(container, "lxc", false);
}

/*
 * systemd-nspawn@NAME.service, whose own processes are in "supervisor" below it, and
 * machine-NAME.scope in machine.slice: a machine that was registered with machined.
 */
static bool read_machine(const struct walk *walk, struct container *container)
{
	const char *runtime = "systemd-nspawn";
	struct part part = walk->part, slice = walk->before;

	if (part_is(walk->after, "supervisor"))
		return false;
	if (part_take(&part, "systemd-nspawn@")) {
		if (!part_drop(&part, ".service") || !part_unescape(part, container->id))
			return false;
		return set_id(container, runtime, false);
	}
	if (!part_take(&slice, "machine") || !part_drop(&part, ".scope") ||
	    !part_take(&part, "machine-"))
		return false;
	/* libvirt puts the driver and a number before the name: qemu\x2d1\x2dweb */
	if (part_take(&part, "qemu\\x2d") || part_take(&part, "lxc\\x2d")) {
		uint32_t number;
		struct part digits = {part.at, strspn(part.at, "0123456789")};

		if (part_number(digits, &number) && digits.len < part.len) {
			part.at += digits.len;
			part.len -= digits.len;
			part_take(&part, "\\x2d");
		}
		runtime = "libvirt";
	}
	return part_unescape(part, container->id) && set_id(container, runtime, false);
}

/* Reads the innermost container that @walk's directory could be. Returns whether it is one. */
static bool read_container(const struct walk *walk, struct container *container)
{
	return read_prefixed(walk->part, container) ||
	       read_bare(walk->before, walk->part, container) ||
	       read_lxc(walk->before, walk->part, container) || read_machine(walk, container);
}

static bool set_pod(struct container *container, struct part uid, const char *qos)
{
	if (!qos || !part_is_uid(uid))
		return false;
	for (size_t i = 0; i < uid.len; i++)
		container->pod_uid[i] = uid.at[i];
	for (size_t i = 0; i < uid.len; i++) {
		if (uid.at[i] == '_')
			container->pod_uid[i] = '-';
	}
	container->pod_uid[uid.len] = '\0';
	container->qos = qos;
	container->known |= CONTAINER_KNOWS_POD;
	return true;
}

/* The class that the kubelet's directory above the pods stands for; NULL: it is none of those. */
static const char *qos_of(struct part above)
{
	static const struct {
		const char *end, *qos;
	} classes[] = {
		{"kubepods-burstable", "burstable"},
		{"kubepods-besteffort", "besteffort"},
		{"kubepods", "guaranteed"},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct part prefix = above;

		if (part_is(above, classes[i].end) ||
		    (part_drop(&prefix, classes[i].end) && part_drop(&prefix, "-")))
			return classes[i].qos;
	}
	return NULL;
}

/* kubepods-burstable-podUID.slice, with whatever the kubelet's root puts before it. */
static bool read_pod_slice(struct part part, struct container *container)
{
	const char *colon = memchr(part.at, ':', part.len);
	size_t at;

	if (colon) /* SLICE:cri-containerd:ID */
		part.len = (size_t)(colon - part.at);
	if (!part_drop(&part, ".slice"))
		return false;
	for (at = 0; at + 4 < part.len; at++) {
		struct part above = {part.at, at};
		struct part uid = {part.at + at, part.len - at};

		if (part_take(&uid, "-pod") && set_pod(container, uid, qos_of(above)))
			return true;
	}
	return false;
}

/* /kubepods/burstable/podUID */
static bool read_pod(const struct walk *walk, struct part above, struct container *container)
{
	struct part uid = walk->part;

	if (read_pod_slice(walk->part, container))
		return true;
	if (!part_take(&uid, "pod"))
		return false;
	if (part_is(walk->before, "kubepods"))
		return set_pod(container, uid, "guaranteed");
	if (!part_is(above, "kubepods"))
		return false;
	if (part_is(walk->before, "burstable"))
		return set_pod(container, uid, "burstable");
	return part_is(walk->before, "besteffort") && set_pod(container, uid, "besteffort");
}

/* user-1000.slice, user@1000.service, session-3.scope */
static void read_session(struct part part, struct container *container)
{
	struct part user = part, session = part;
	uint32_t number;

	if (((part_take(&user, "user-") && part_drop(&user, ".slice")) ||
	     (part_take(&user, "user@") && part_drop(&user, ".service"))) &&
	    part_number(user, &number)) {
		container->user = number;
		container->known |= CONTAINER_KNOWS_USER;
	}
	if (part_take(&session, "session-") && part_drop(&session, ".scope") &&
	    part_copy(session, container->session))
		container->known |= CONTAINER_KNOWS_SESSION;
}

static void read_unit(struct part part, struct container *container)
{
	struct part stem = part;

	/* SLICE:cri-containerd:ID is no unit, though systemd-like names are in it. */
	if (memchr(part.at, ':', part.len) && part_drop(&stem, ".slice"))
		return;
	stem = part;
	if (part_drop(&stem, ".slice")) {
		if (part_copy(part, container->slice))
			container->known |= CONTAINER_KNOWS_SLICE;
	} else if (part_drop(&stem, ".service") || part_drop(&stem, ".scope")) {
		if (part_copy(part, container->unit))
			container->known |= CONTAINER_KNOWS_UNIT;
	}
}

bool container_of_path(const char *path, struct container *ret_container)
{
	struct container container = {0};
	struct part above = {"", 0}; /* the parent's parent */
	struct walk walk;

	walk_begin(&walk, path ? path : "");
	while (walk_step(&walk)) {
		read_container(&walk, &container);
		read_pod(&walk, above, &container);
		read_unit(walk.part, &container);
		read_session(walk.part, &container);
		above = walk.before;
	}
	*ret_container = container;
	return container.known;
}

bool container_is_one(const struct container *container)
{
	return container->known & (CONTAINER_KNOWS_ID | CONTAINER_KNOWS_POD);
}

bool container_in_unit(const char *path, const char *name)
{
	static const char *const suffixes[] = {".service", ".scope", ".slice"};
	struct part wanted = {name, strlen(name)};
	bool is_whole = false;
	struct walk walk;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		struct part stem = wanted;

		is_whole |= part_drop(&stem, suffixes[i]);
	}
	walk_begin(&walk, path);
	while (walk_step(&walk)) {
		struct part stem = walk.part;

		if (part_is(walk.part, name) && is_whole)
			return true;
		if (!is_whole && part_drop(&stem, ".service") && part_is(stem, name))
			return true;
	}
	return false;
}

bool container_in(const char *path, const char *id)
{
	struct container container = {0};
	struct walk walk;

	walk_begin(&walk, path);
	while (walk_step(&walk)) {
		if (!read_container(&walk, &container))
			continue;
		if (container.id_is_hex ? !strncmp(container.id, id, strlen(id))
					: !strcmp(container.id, id))
			return true;
	}
	return false;
}

bool container_in_pod(const char *path, const char *uid)
{
	struct part above = {"", 0};
	struct container container = {0};
	struct walk walk;

	walk_begin(&walk, path);
	while (walk_step(&walk)) {
		bool is_pod = read_pod(&walk, above, &container);
		size_t i = 0;

		above = walk.before;
		while (is_pod && container.pod_uid[i] &&
		       (container.pod_uid[i] == uid[i] ||
			(container.pod_uid[i] == '-' && uid[i] == '_')))
			i++;
		if (is_pod && !container.pod_uid[i] && !uid[i])
			return true;
	}
	return false;
}
