/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core/redact_path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/container.h"
#include "core/part.h"
#include "core/path.h"

#define UID_SHOWN 48 /* of a pod, as it is written */

/* What is written so far; a write that does not fit makes it full. */
struct writing {
	char *text;
	size_t size, len;
	bool full;
};

/* Directories that every host of its kind has, whoever runs it. */
static const char *const known[] = {
	"system.slice",
	"user.slice",
	"machine.slice",
	"init.scope",
	"-.slice",
	"app.slice",
	"session.slice",
	"background.slice",
	"kubepods",
	"kubepods.slice",
	"kubepods-burstable.slice",
	"kubepods-besteffort.slice",
	"burstable",
	"besteffort",
	"guaranteed",
	"docker",
	"k8s.io",
	"moby",
	"lxc",
	"lxc.payload",
	"lxc.monitor",
	"payload",
	"supervisor",
	"kubelet.service",
	"docker.service",
	"containerd.service",
	"crio.service",
	"systemd-journald.service",
	"systemd-logind.service",
	"systemd-oomd.service",
	"systemd-udevd.service",
	PATH_TRUNCATED,
};

/* What stands before a container's id, and what holds one that is no digits. */
static const char *const hex_prefixes[] = {
	"docker-", "cri-containerd-", "crio-",    "crio-conmon-",
	"libpod-", "libpod-payload-", "nerdctl-", "libpod-conmon-",
};
static const char *const name_prefixes[] = {
	"lxc.payload.",      "lxc.monitor.",     "systemd-nspawn@",
	"machine-qemu\\x2d", "machine-lxc\\x2d", "machine-",
};
static const char *const runtimes[] = {":cri-containerd:", ":docker:", ":crio:", ":libpod:"};
static const char *const user_prefixes[] = {"user-", "user@", "user-runtime-dir@"};
static const char *const suffixes[] = {".service", ".scope", ".slice",
				       ".socket",  ".mount", ".swap"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_bytes(struct writing *writing, const char *text, size_t len)
{
	if (writing->full || len >= writing->size - writing->len) {
		writing->full = true;
		return;
	}
	memcpy(writing->text + writing->len, text, len);
	writing->len += len;
	writing->text[writing->len] = '\0';
}

static void put(struct writing *writing, const char *text)
{
	put_bytes(writing, text, strlen(text));
}

static void put_pseudonym(struct writing *writing, struct pseudonyms *names,
			  enum pseudonym_kind kind, struct part part)
{
	char text[PSEUDONYM_LEN];

	pseudonym_of(names, kind, part.at, part.len, text);
	put(writing, text);
}

/* Takes the first of @prefixes that @part begins with. Returns it, or NULL. */
static const char *take_any(struct part *part, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (part_take(part, prefixes[i]))
			return prefixes[i];
	return NULL;
}

static const char *drop_suffix(struct part *part)
{
	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (part_drop(part, suffixes[i]))
			return suffixes[i];
	return "";
}

/* As many digits, the number first: people are shown the first twelve. */
static void put_hex(struct writing *writing, struct pseudonyms *names, struct part id)
{
	uint32_t number = pseudonym_number(names, PSEUDONYM_CONTAINER, id.at, id.len);
	char text[CONTAINER_HEX_LEN + 1];

	memset(text, '0', sizeof(text) - 1);
	text[CONTAINER_HEX_LEN] = '\0';
	snprintf(text, CONTAINER_SHORT + 1, "%0*" PRIx32, CONTAINER_SHORT, number);
	text[CONTAINER_SHORT] = '0';
	put(writing, text);
}

/* In the form that it has, of which a uid with dashes and one with underscores are the same pod. */
static void put_uid(struct writing *writing, struct pseudonyms *names, struct part uid)
{
	bool dashed = uid.len == CONTAINER_UID_LEN;
	char same[UID_SHOWN] = "", text[UID_SHOWN], dash = dashed ? uid.at[8] : '0';
	uint32_t number;

	for (size_t i = 0; i < uid.len; i++)
		same[i] = uid.at[i] == '_' ? '-' : uid.at[i];
	number = pseudonym_number(names, PSEUDONYM_POD_UID, same, uid.len);
	if (dashed)
		snprintf(text, sizeof(text), "%08" PRIx32 "%c0000%c0000%c0000%c000000000000",
			 number, dash, dash, dash, dash);
	else
		snprintf(text, sizeof(text), "%08" PRIx32 "000000000000000000000000", number);
	put(writing, text);
}

/* podUID, kubepods-burstable-podUID: of what a kubelet's root is called, nothing is kept. */
static bool put_pod(struct writing *writing, struct pseudonyms *names, struct part part)
{
	static const char *const classes[] = {"kubepods-burstable", "kubepods-besteffort",
					      "kubepods"};
	struct part uid = part;

	if (part_take(&uid, "pod") && part_is_uid(uid)) {
		put(writing, "pod");
		put_uid(writing, names, uid);
		return true;
	}
	for (size_t at = 0; at + 4 < part.len; at++) {
		struct part above = {part.at, at};

		uid = (struct part){part.at + at, part.len - at};
		if (!part_take(&uid, "-pod") || !part_is_uid(uid))
			continue;
		for (size_t i = 0; i < COUNT(classes); i++) {
			struct part root = above;

			if (!part_is(above, classes[i]) &&
			    !(part_drop(&root, classes[i]) && part_drop(&root, "-")))
				continue;
			put(writing, classes[i]);
			put(writing, "-pod");
			put_uid(writing, names, uid);
			return true;
		}
	}
	return false;
}

/* A container's directory but for its suffix. */
static bool put_container(struct writing *writing, struct pseudonyms *names, struct part part)
{
	const char *prefix;
	struct part rest = part;

	if (part_is_hex(part, CONTAINER_HEX_LEN)) {
		put_hex(writing, names, part);
		return true;
	}
	for (size_t i = 0; i < COUNT(hex_prefixes); i++) {
		rest = part;
		if (!part_take(&rest, hex_prefixes[i]) || !part_is_hex(rest, CONTAINER_HEX_LEN))
			continue;
		put(writing, hex_prefixes[i]);
		put_hex(writing, names, rest);
		return true;
	}
	rest = part;
	prefix = take_any(&rest, name_prefixes, COUNT(name_prefixes));
	if (!prefix || !rest.len)
		return false;
	put(writing, prefix);
	/* libvirt's number before the name. */
	if (strchr(prefix, '\\')) {
		size_t digits = strspn(rest.at, "0123456789");

		if (digits && digits + 4 < rest.len && !memcmp(rest.at + digits, "\\x2d", 4)) {
			put_bytes(writing, rest.at, digits + 4);
			rest = (struct part){rest.at + digits + 4, rest.len - digits - 4};
		}
	}
	put_pseudonym(writing, names, PSEUDONYM_CONTAINER, rest);
	return true;
}

/* user-1000, user@1000, session-3: whose, and which. */
static bool put_user(struct writing *writing, struct pseudonyms *names, struct part part)
{
	struct part session = part, user = part;
	const char *prefix = take_any(&user, user_prefixes, COUNT(user_prefixes));
	uint32_t number;
	char text[16];

	if (part_take(&session, "session-")) {
		struct part digits = session;

		part_take(&digits, "c");
		if (!part_number(digits, &number))
			return false;
		put(writing, "session-");
		put_bytes(writing, session.at, session.len);
		return true;
	}
	if (!prefix || !part_number(user, &number))
		return false;
	put(writing, prefix);
	snprintf(text, sizeof(text), "%" PRIu32, pseudonym_uid(names, number));
	put(writing, text);
	return true;
}

static void put_plain(struct writing *writing, struct pseudonyms *names, struct part part)
{
	struct part stem = part;
	const char *suffix;

	for (size_t i = 0; i < COUNT(known); i++) {
		if (part_is(part, known[i])) {
			put_bytes(writing, part.at, part.len);
			return;
		}
	}
	suffix = drop_suffix(&stem);
	if (!put_pod(writing, names, stem) && !put_container(writing, names, stem) &&
	    !put_user(writing, names, stem))
		put_pseudonym(writing, names, *suffix ? PSEUDONYM_UNIT : PSEUDONYM_CGROUP, part);
	put(writing, suffix);
}

static void put_part(struct writing *writing, struct pseudonyms *names, struct part part)
{
	/* SLICE:cri-containerd:ID, which runtimes for cgroupfs make of a name for systemd. */
	for (size_t i = 0; i < COUNT(runtimes); i++) {
		struct part id = part, slice = part;
		const char *at = memmem(part.at, part.len, runtimes[i], strlen(runtimes[i]));

		slice.len = at ? (size_t)(at - part.at) : 0;
		id.at += slice.len;
		id.len -= slice.len;
		if (!at || !part_take(&id, runtimes[i]) || !part_is_hex(id, CONTAINER_HEX_LEN))
			continue;
		put_plain(writing, names, slice);
		put(writing, runtimes[i]);
		put_hex(writing, names, id);
		return;
	}
	put_plain(writing, names, part);
}

static struct writing writing_to(char *text, size_t size)
{
	if (size)
		*text = '\0';
	return (struct writing){.text = text, .size = size, .full = !size};
}

static int written(const struct writing *writing)
{
	return writing->full ? -ENOSPC : (int)writing->len;
}

int redact_path(struct pseudonyms *names, const char *path, char *ret_text, size_t size)
{
	struct writing writing = writing_to(ret_text, size);
	const char *rest = path;
	struct part part;

	if (*path == '/')
		put(&writing, "/");
	for (part = part_next(&rest); part.len; part = part_next(&rest)) {
		put_part(&writing, names, part);
		if (rest[strspn(rest, "/")])
			put(&writing, "/");
	}
	return written(&writing);
}

int redact_container(struct pseudonyms *names, const char *id, char *ret_text, size_t size)
{
	struct writing writing = writing_to(ret_text, size);
	struct part part = {id, strlen(id)};

	if (part_is_hex(part, CONTAINER_HEX_LEN))
		put_hex(&writing, names, part);
	else
		put_pseudonym(&writing, names, PSEUDONYM_CONTAINER, part);
	return written(&writing);
}

int redact_pod_uid(struct pseudonyms *names, const char *uid, char *ret_text, size_t size)
{
	struct writing writing = writing_to(ret_text, size);
	struct part part = {uid, strlen(uid)};

	if (part_is_uid(part))
		put_uid(&writing, names, part);
	else
		put_pseudonym(&writing, names, PSEUDONYM_POD_UID, part);
	return written(&writing);
}
