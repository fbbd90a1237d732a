// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which container, pod or unit the paths of cgroups name: as runtimes make them, and as enemies do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/container.h"
#include "core/path.h"
#include "core/redact_path.h"
#include "tests/unit/sample.h"

#define ID     "3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860"
#define OTHER  "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d"
#define UID    "8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab"
#define UID_   "8d5c5e1c_4c1f_4d2a_9d5b_0123456789ab"
#define HASH   "3a1f0c9e8b7d6a5f4e3d2c1b0a998877"
#define ROUNDS 20000

/* NULL: absent. */
static const struct known_path {
	const char *path, *runtime, *id, *pod, *qos, *unit, *slice;
} paths[] = {
	/* Nothing that has a name. */
	{"/", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/a/b", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/init.scope", NULL, NULL, NULL, NULL, "init.scope", NULL},
	/* Docker */
	{"/docker/" ID, "docker", ID, NULL, NULL, NULL, NULL},
	{"/system.slice/docker-" ID ".scope", "docker", ID, NULL, NULL, "docker-" ID ".scope",
	 "system.slice"},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" ID ".scope", "docker",
	 ID, NULL, NULL, "docker-" ID ".scope", "app.slice"},
	{"/docker/" OTHER "/docker/" ID, "docker", ID, NULL, NULL, NULL, NULL},
	{"/docker/" ID "/system.slice/nginx.service", "docker", ID, NULL, NULL, "nginx.service",
	 "system.slice"},
	{"/docker/" ID "/init", "docker", ID, NULL, NULL, NULL, NULL},
	{"/mine/" ID, NULL, ID, NULL, NULL, NULL, NULL},
	{"/ecs/55091c13-b8cf-4801-b527-f4601742204d/" ID, NULL, ID, NULL, NULL, NULL, NULL},
	{"/actions_job/" ID, NULL, ID, NULL, NULL, NULL, NULL},
	{"/system.slice:docker:" ID, "docker", ID, NULL, NULL, NULL, NULL},
	{"/system.slice/docker.service", NULL, NULL, NULL, NULL, "docker.service", "system.slice"},
	/* containerd */
	{"/system.slice/containerd.service", NULL, NULL, NULL, NULL, "containerd.service",
	 "system.slice"},
	{"/k8s.io/" ID, "containerd", ID, NULL, NULL, NULL, NULL},
	{"/default/" ID, NULL, ID, NULL, NULL, NULL, NULL},
	{"/system.slice/nerdctl-" ID ".scope", "containerd", ID, NULL, NULL, "nerdctl-" ID ".scope",
	 "system.slice"},
	/* Kubernetes, cgroupfs */
	{"/kubepods/pod" UID "/" ID, NULL, ID, UID, "guaranteed", NULL, NULL},
	{"/kubepods/burstable/pod" UID "/" ID, NULL, ID, UID, "burstable", NULL, NULL},
	{"/kubepods/besteffort/pod" UID "/" ID, NULL, ID, UID, "besteffort", NULL, NULL},
	{"/kubepods/burstable/pod" UID, NULL, NULL, UID, "burstable", NULL, NULL},
	{"/kubepods/burstable/pod" HASH "/" ID, NULL, ID, HASH, "burstable", NULL, NULL},
	{"/kubepods/burstable/pod" UID "/crio-" ID, "cri-o", ID, UID, "burstable", NULL, NULL},
	{"/kubepods/burstable/pod" UID "/crio-conmon-" ID, NULL, NULL, UID, "burstable", NULL,
	 NULL},
	{"/kubepods/burstable", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/docker/" OTHER "/kubelet/kubepods/besteffort/pod" UID "/" ID, NULL, ID, UID,
	 "besteffort", NULL, NULL},
	{"/kubelet/kubepods/pod" UID "/" ID, NULL, ID, UID, "guaranteed", NULL, NULL},
	{"/kubepods/burstable/pod" UID "/" OTHER "/docker/" ID, "docker", ID, UID, "burstable",
	 NULL, NULL},
	/* Kubernetes, systemd */
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
	 ".slice/cri-containerd-" ID ".scope",
	 "containerd", ID, UID, "burstable", "cri-containerd-" ID ".scope",
	 "kubepods-burstable-pod" UID_ ".slice"},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope", "cri-o", ID, UID,
	 "guaranteed", "crio-" ID ".scope", "kubepods-pod" UID_ ".slice"},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope/container", "cri-o", ID, UID,
	 "guaranteed", "crio-" ID ".scope", "kubepods-pod" UID_ ".slice"},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-conmon-" ID ".scope", NULL, NULL, UID,
	 "guaranteed", "crio-conmon-" ID ".scope", "kubepods-pod" UID_ ".slice"},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
	 ".slice/docker-" ID ".scope",
	 "docker", ID, UID, "besteffort", "docker-" ID ".scope",
	 "kubepods-besteffort-pod" UID_ ".slice"},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" HASH
	 ".slice/cri-containerd-" ID ".scope",
	 "containerd", ID, HASH, "burstable", "cri-containerd-" ID ".scope",
	 "kubepods-burstable-pod" HASH ".slice"},
	{"/system.slice/docker-" OTHER
	 ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_
	 ".slice/cri-containerd-" ID ".scope",
	 "containerd", ID, UID, "guaranteed", "cri-containerd-" ID ".scope",
	 "kubelet-kubepods-pod" UID_ ".slice"},
	{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	 "kubelet-kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	 "containerd", ID, UID, "burstable", "cri-containerd-" ID ".scope",
	 "kubelet-kubepods-burstable-pod" UID_ ".slice"},
	{"/system.slice/containerd.service/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID,
	 "containerd", ID, UID, "burstable", "containerd.service", "system.slice"},
	{"/kubepods.slice/kubepods-burstable.slice", NULL, NULL, NULL, NULL, NULL,
	 "kubepods-burstable.slice"},
	/* Podman */
	{"/machine.slice/libpod-" ID ".scope", "podman", ID, NULL, NULL, "libpod-" ID ".scope",
	 "machine.slice"},
	{"/machine.slice/libpod-" ID ".scope/container", "podman", ID, NULL, NULL,
	 "libpod-" ID ".scope", "machine.slice"},
	{"/machine.slice/libpod-conmon-" ID ".scope", NULL, NULL, NULL, NULL,
	 "libpod-conmon-" ID ".scope", "machine.slice"},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
	 "podman", ID, NULL, NULL, "libpod-" ID ".scope", "user.slice"},
	{"/libpod_parent/libpod-" ID, "podman", ID, NULL, NULL, NULL, NULL},
	{"/libpod_parent/" OTHER "/libpod-" ID, "podman", ID, NULL, NULL, NULL, NULL},
	{"/system.slice/web.service/libpod-payload-" ID, "podman", ID, NULL, NULL, "web.service",
	 "system.slice"},
	{"/machine.slice/machine-libpod_pod_" OTHER ".slice/libpod-" ID ".scope", "podman", ID,
	 NULL, NULL, "libpod-" ID ".scope", "machine-libpod_pod_" OTHER ".slice"},
	/* LXC, LXD, Incus, Proxmox */
	{"/lxc.payload.web", "lxc", "web", NULL, NULL, NULL, NULL},
	{"/lxc.payload.web/system.slice/nginx.service", "lxc", "web", NULL, NULL, "nginx.service",
	 "system.slice"},
	{"/lxc.payload.outer/lxc.payload.inner", "lxc", "inner", NULL, NULL, NULL, NULL},
	{"/lxc.payload/web", "lxc", "web", NULL, NULL, NULL, NULL},
	{"/lxc.monitor.web", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/lxc.monitor/web", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/lxc/101/ns/init.scope", "lxc", "101", NULL, NULL, "init.scope", NULL},
	{"/lxc/db-1", "lxc", "db-1", NULL, NULL, NULL, NULL},
	{"/lxc.payload.web/docker/" ID, "docker", ID, NULL, NULL, NULL, NULL},
	/* systemd-nspawn, libvirt */
	{"/machine.slice/systemd-nspawn@web.service", "systemd-nspawn", "web", NULL, NULL,
	 "systemd-nspawn@web.service", "machine.slice"},
	{"/machine.slice/systemd-nspawn@web\\x2d1.service/payload/system.slice/nginx.service",
	 "systemd-nspawn", "web-1", NULL, NULL, "nginx.service", "system.slice"},
	{"/machine.slice/systemd-nspawn@web.service/supervisor", NULL, NULL, NULL, NULL,
	 "systemd-nspawn@web.service", "machine.slice"},
	{"/machine.slice/machine-my\\x2dbox.scope/payload", "systemd-nspawn", "my-box", NULL, NULL,
	 "machine-my\\x2dbox.scope", "machine.slice"},
	{"/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator", "libvirt", "web", NULL,
	 NULL, "machine-qemu\\x2d1\\x2dweb.scope", "machine.slice"},
	/* systemd */
	{"/system.slice/app.service", NULL, NULL, NULL, NULL, "app.service", "system.slice"},
	{"/system.slice/system-getty.slice/getty@tty1.service", NULL, NULL, NULL, NULL,
	 "getty@tty1.service", "system-getty.slice"},
	{"/system.slice/app.service/worker/3", NULL, NULL, NULL, NULL, "app.service",
	 "system.slice"},
	{"/system.slice/machine-fake.scope", NULL, NULL, NULL, NULL, "machine-fake.scope",
	 "system.slice"},
	{"/user.slice/user-1000.slice/session-3.scope", NULL, NULL, NULL, NULL, "session-3.scope",
	 "user-1000.slice"},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/firefox.service", NULL, NULL,
	 NULL, NULL, "firefox.service", "app.slice"},
	{PATH_TRUNCATED "/system.slice/docker-" ID ".scope", "docker", ID, NULL, NULL,
	 "docker-" ID ".scope", "system.slice"},
	/* What only looks like one. */
	{"/docker/short", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/docker/3726184226F5D3147C25FDEAB5B60097E378E8A720503A5E19ECFDF29F869860", NULL, NULL,
	 NULL, NULL, NULL, NULL},
	{"/docker/" ID "0", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/system.slice/docker-proxy.scope", NULL, NULL, NULL, NULL, "docker-proxy.scope",
	 "system.slice"},
	{"/pod" UID "/x", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/evil/burstable/pod" UID, NULL, NULL, NULL, NULL, NULL, NULL},
	{"/notkubepods-pod" UID_ ".slice", NULL, NULL, NULL, NULL, NULL,
	 "notkubepods-pod" UID_ ".slice"},
	{"/kubepods/podevil\n", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/.scope/.service/.slice/@.", NULL, NULL, NULL, NULL, NULL, NULL},
	{"/lxc.payload./docker-.scope/systemd-nspawn@.service", NULL, NULL, NULL, NULL,
	 "systemd-nspawn@.service", NULL},
	{"/machine.slice/systemd-nspawn@a\\x00b.service", NULL, NULL, NULL, NULL,
	 "systemd-nspawn@a\\x00b.service", "machine.slice"},
	{"/machine.slice/systemd-nspawn@a\\x.service", "systemd-nspawn", "a\\x", NULL, NULL,
	 "systemd-nspawn@a\\x.service", "machine.slice"},
	{"///docker///" ID "///", "docker", ID, NULL, NULL, NULL, NULL},
	{"docker/" ID, "docker", ID, NULL, NULL, NULL, NULL},
	{"", NULL, NULL, NULL, NULL, NULL, NULL},
	{NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};

static void check_word(const char *path, const char *what, bool known, const char *is,
		       const char *expected)
{
	if (known != !!expected || (known && strcmp(is, expected)))
		fail_msg("%s: %s is %s, not %s", path, what, known ? is : "absent",
			 expected ? expected : "absent");
}

static void paths_of_real_runtimes_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		const struct known_path *path = &paths[i];
		struct container is;
		bool any = container_of_path(path->path, &is);
		bool pod = is.known & CONTAINER_KNOWS_POD;

		assert_int_equal(any, is.known != 0);
		check_word(path->path, "runtime", is.known & CONTAINER_KNOWS_RUNTIME, is.runtime,
			   path->runtime);
		check_word(path->path, "id", is.known & CONTAINER_KNOWS_ID, is.id, path->id);
		check_word(path->path, "pod", pod, is.pod_uid, path->pod);
		check_word(path->path, "qos", pod, is.qos, path->qos);
		check_word(path->path, "unit", is.known & CONTAINER_KNOWS_UNIT, is.unit,
			   path->unit);
		check_word(path->path, "slice", is.known & CONTAINER_KNOWS_SLICE, is.slice,
			   path->slice);
	}
}

static void sessions_and_their_users_are_read(void **state)
{
	struct container is;

	(void)state;
	assert_true(container_of_path("/user.slice/user-1000.slice/session-c3.scope", &is));
	assert_int_equal(is.user, 1000);
	assert_string_equal(is.session, "c3");
	assert_true(container_of_path("/user.slice/user-0.slice/user@0.service/init.scope", &is));
	assert_int_equal(is.known & (CONTAINER_KNOWS_USER | CONTAINER_KNOWS_SESSION),
			 CONTAINER_KNOWS_USER);
	assert_int_equal(is.user, 0);
	assert_true(container_of_path("/user-4294967296.slice", &is));
	assert_false(is.known & CONTAINER_KNOWS_USER);
	assert_true(container_of_path("/user-1x.slice/user@-1.service", &is));
	assert_false(is.known & CONTAINER_KNOWS_USER);
}

static void a_unit_matches_by_its_name_wherever_it_stands(void **state)
{
	const char *path = "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service/y";

	(void)state;
	assert_true(container_in_unit(path, "x"));
	assert_true(container_in_unit(path, "x.service"));
	assert_true(container_in_unit(path, "user@1000"));
	assert_true(container_in_unit(path, "user.slice"));
	assert_true(container_in_unit("/a/session-3.scope", "session-3.scope"));
	assert_false(container_in_unit("/a/session-3.scope", "session-3"));
	assert_false(container_in_unit(path, "user"));
	assert_false(container_in_unit(path, "y"));
	assert_false(container_in_unit(path, ""));
	assert_false(container_in_unit("/", "x"));
}

static void a_container_matches_by_its_ids_beginning_or_its_name(void **state)
{
	const char *nested = "/docker/" OTHER "/kubelet/kubepods/burstable/pod" UID "/" ID;

	(void)state;
	assert_true(container_in(nested, "3726"));
	assert_true(container_in(nested, ID));
	assert_true(container_in(nested, "9ec39b91f3d7"));
	assert_false(container_in(nested, "726"));
	assert_false(container_in(nested, ID "0"));
	assert_true(container_in("/lxc.payload.web/x.service", "web"));
	assert_false(container_in("/lxc.payload.web/x.service", "we"));
	assert_false(container_in("/system.slice/x.service", "x"));
	assert_true(container_in_pod(nested, UID));
	assert_true(container_in_pod(nested, UID_));
	assert_true(container_in_pod("/kubepods.slice/kubepods-pod" UID_ ".slice", UID));
	assert_false(container_in_pod(nested, "8d5c5e1c"));
	assert_false(container_in_pod(nested, ""));
	assert_false(container_in_pod("/docker/" ID, UID));
}

/* Every text of @is that is known is one that ends, and holds no slash. */
static void check_sound(const struct container *is)
{
	const struct {
		uint32_t bit;
		const char *text;
	} texts[] = {
		{CONTAINER_KNOWS_ID, is->id},           {CONTAINER_KNOWS_POD, is->pod_uid},
		{CONTAINER_KNOWS_UNIT, is->unit},       {CONTAINER_KNOWS_SLICE, is->slice},
		{CONTAINER_KNOWS_SESSION, is->session},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (!(is->known & texts[i].bit))
			continue;
		assert_in_range(strnlen(texts[i].text, WIRE_PATH_NAME), 1, WIRE_PATH_NAME - 1);
	}
	if (is->known & CONTAINER_KNOWS_RUNTIME)
		assert_true(is->known & CONTAINER_KNOWS_ID && is->runtime);
	if (is->known & CONTAINER_KNOWS_POD)
		assert_true(strlen(is->pod_uid) == 32 || strlen(is->pod_uid) == 36);
	if ((is->known & CONTAINER_KNOWS_ID) && is->id_is_hex)
		assert_int_equal(strlen(is->id), CONTAINER_HEX_LEN);
}

static void paths_put_together_at_random_are_survived(void **state)
{
	static const char *const pieces[] = {
		"/",
		"//",
		"docker",
		"docker-",
		ID,
		".scope",
		".service",
		".slice",
		"kubepods",
		"kubepods-",
		"burstable",
		"pod",
		"-pod",
		UID,
		UID_,
		HASH,
		"lxc",
		"lxc.payload.",
		"systemd-nspawn@",
		"machine-",
		"/machine.slice/",
		"\\x2d",
		"\\x",
		"\\x0",
		"\\x00",
		":cri-containerd:",
		"libpod-",
		"conmon-",
		"session-",
		"user-",
		"1000",
		"qemu\\x2d",
		"\xff\xfe",
		"\n",
		"\033[31m",
		":",
		"-",
		"...",
		"supervisor",
		"crio-",
	};
	uint64_t random = 42;

	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		char path[2048] = "";
		struct container is;
		unsigned int n = sample_random(&random) % 24;

		for (unsigned int j = 0; j < n; j++)
			strcat(path,
			       pieces[sample_random(&random) % (sizeof(pieces) / sizeof(*pieces))]);
		container_of_path(path, &is);
		check_sound(&is);
		container_in(path, "37");
		container_in_unit(path, "x");
		container_in_pod(path, UID);
	}
}

static void bytes_at_random_are_survived(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		size_t len = sample_random(&random) % 300;
		char *path = malloc(len + 1);
		struct container is;

		assert_non_null(path);
		for (size_t j = 0; j < len; j++)
			path[j] = (char)(1 + sample_random(&random) % 255);
		path[len] = '\0';
		container_of_path(path, &is);
		check_sound(&is);
		free(path);
	}
}

static void very_long_names_are_no_names(void **state)
{
	char *path = malloc(70000);
	struct container is;

	(void)state;
	assert_non_null(path);
	memset(path, 'a', 65536);
	memcpy(path, "/lxc.payload.", 13);
	strcpy(path + 65536, "/x.service");
	assert_true(container_of_path(path, &is));
	assert_int_equal(is.known, CONTAINER_KNOWS_UNIT);
	strcpy(path + 65536, ".service");
	assert_false(container_of_path(path, &is));
	free(path);
}

/* Of the same kinds, and of no name that was in it. */
static void a_redacted_path_says_what_it_is_and_not_whose(void **state)
{
	static const char *const whose[] = {"3726184226f5", "9ec39b91f3d7", "8d5c5e1c",
					    "3a1f0c9e",     "55091c13",     "nginx",
					    "actions_job",  "web"};
	struct pseudonyms *names = pseudonyms_new();

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct container was, is;
		char text[2048];

		/* A name with a NUL in it is none; its pseudonym is one. */
		if (!paths[i].path || strstr(paths[i].path, "\\x00"))
			continue;
		container_of_path(paths[i].path, &was);
		assert_true(redact_path(names, paths[i].path, text, sizeof(text)) >= 0);
		container_of_path(text, &is);
		if (is.known != was.known || is.runtime != was.runtime || is.qos != was.qos ||
		    is.id_is_hex != was.id_is_hex)
			fail_msg("%s is something else than %s", text, paths[i].path);
		for (size_t k = 0; k < sizeof(whose) / sizeof(*whose); k++)
			if (strstr(text, whose[k]))
				fail_msg("%s tells of %s", text, whose[k]);
	}
	pseudonyms_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_of_real_runtimes_are_read),
		cmocka_unit_test(sessions_and_their_users_are_read),
		cmocka_unit_test(a_unit_matches_by_its_name_wherever_it_stands),
		cmocka_unit_test(a_container_matches_by_its_ids_beginning_or_its_name),
		cmocka_unit_test(paths_put_together_at_random_are_survived),
		cmocka_unit_test(bytes_at_random_are_survived),
		cmocka_unit_test(very_long_names_are_no_names),
		cmocka_unit_test(a_redacted_path_says_what_it_is_and_not_whose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
