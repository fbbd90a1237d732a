# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One makefile for everything. Run `make help` for the targets.

VERSION  := 0.1.0
HOST     := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
# x86 or arm64. Another than this machine's is built by a cross compiler, in a directory of its own.
ARCH     ?= $(HOST)
ifeq ($(ARCH),$(HOST))
BUILD    ?= build
CC       ?= gcc
STATIC   := oomtrace-static
else
CROSS_x86   := x86_64-linux-gnu-
CROSS_arm64 := aarch64-linux-gnu-
BUILD    := build/$(ARCH)
CC       := $(CROSS_$(ARCH))gcc
STATIC   := oomtrace-static-$(ARCH)
endif
CLANG    ?= clang
BPFTOOL  ?= bpftool
PKG_CONFIG ?= pkg-config

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CPPFLAGS += -I. -Iuser -I$(BUILD) -D_GNU_SOURCE -DOOMTRACE_VERSION='"$(VERSION)"'
CFLAGS   ?= -O2 -g
CFLAGS   += -std=gnu11 $(WARNINGS)

# What makes a mistake a crash, and a crash nothing more. tools/check-elf looks whether it took effect.
HARDEN_x86   := -fcf-protection=full
HARDEN_arm64 := -mbranch-protection=standard
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
            $(HARDEN_$(ARCH))
HARDEN_LD := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code

LIBBPF_CFLAGS := $(shell $(PKG_CONFIG) --cflags libbpf 2>/dev/null)
JSON_LIBS     := -ljansson
# SQLite's date functions want libm.
STORE_LIBS    := -lsqlite3 -lm
LIBBPF_LIBS   := $(shell $(PKG_CONFIG) --libs libbpf 2>/dev/null || echo -lbpf)
# A static link needs what libbpf itself needs, in this order.
STATIC_LIBS   := -lelf -lz
# SQLite could load extensions, which it is never asked for and a static program cannot.
STATIC_LIBS   += -Wl,--wrap=dlopen,--defsym=__wrap_dlopen=abort
# What the guard gives privileges up with.
GUARD_LIBS    := -lseccomp -lcap

BPF_UNITS  := record select task memcg use settings fate waiting fentry typed kprobe tracepoint
BPF_OBJS   := $(BPF_UNITS:%=$(BUILD)/bpf/%.bpf.o)
BPF_OBJECT := $(BUILD)/oomtrace.bpf.o
SKELETON   := $(BUILD)/oomtrace.skel.h
# The same bytes, whichever directory it is built in.
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=.
CFLAGS     += $(PREFIX_MAP)
BPF_CFLAGS := $(PREFIX_MAP) -g -O2 -target bpf -mcpu=v2 -D__TARGET_ARCH_$(ARCH) -I. -Wall -Werror

# The shipper, a program of its own, where librdkafka's headers are; all else is built without them.
SHIP      := $(if $(filter $(ARCH),$(HOST)),$(shell $(PKG_CONFIG) --exists rdkafka 2>/dev/null && echo oomtrace-ship))
SHIP_LIBS := $(shell $(PKG_CONFIG) --libs rdkafka 2>/dev/null || echo -lrdkafka)

ROOMS   := core lib guard kernel proc store sink cmd
# Compiled for itself, under the name of each mark.
MARKS   := begin store end
MARK    := user/lib/mark.c
SRCS    := $(filter-out $(MARK),$(wildcard user/*.c) $(foreach r,$(ROOMS),$(wildcard user/$(r)/*.c)))
# What oomtrace itself knows of shipping; and what of it knows librdkafka, or is a main().
SRCS    += user/ship/identity.c user/ship/options.c
SHIP_SRCS := $(wildcard user/ship/*.c)
SHIP_OWN  := user/ship/main.c user/ship/producer.c user/ship/shipper.c
OBJS    := $(SRCS:%.c=$(BUILD)/%.o)
# What unit tests link: all but main and what needs libbpf.
TEST_SRCS := $(filter-out user/main.c user/kernel/%,$(SRCS)) user/kernel/kallsyms.c user/kernel/functions.c user/kernel/needs.c user/kernel/scoring.c user/kernel/printkclock.c \
	$(filter-out $(SRCS) $(SHIP_OWN),$(SHIP_SRCS))
TEST_OBJS := $(TEST_SRCS:%.c=$(BUILD)/san/%.o)

# V=1 shows the commands whole.
Q := $(if $(V),,@)
quote = '$(subst ','\'',$(1))'
say = @printf '  %-8s %s\n' $(1) $(patsubst $(BUILD)/%,%,$@)

.PHONY: all static check unit oracle live faults soak vm flavours browser package metrics shippers kubernetes systemd veristat lint test check-all bench fuzz clean help install install-ship ship uninstall release deb FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: oomtrace $(SHIP) ## build ./oomtrace, and ./oomtrace-ship where librdkafka is

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

$(BPF_OBJECT): $(BPF_OBJS)
	$(call say,BPFLINK)
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKELETON): $(BPF_OBJECT)
	$(call say,SKELETON)
	$(Q)$(BPFTOOL) gen skeleton $< name oomtrace_bpf > $@

$(BUILD)/user/kernel/%.o: CPPFLAGS += $(LIBBPF_CFLAGS)
$(BUILD)/user/kernel/tracer.o $(BUILD)/user/kernel/types.o: $(SKELETON)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(HARDEN) -MMD -MP -c $< -o $@

# The incident page's template: put together here, and part of the program byte for byte.
PAGE     := $(BUILD)/report.html
PAGE_OBJ := $(BUILD)/user/sink/report_page.o
OBJS     += $(PAGE_OBJ)
TEST_OBJS += $(PAGE_OBJ)

$(PAGE): tools/page $(wildcard user/sink/report/*)
	@mkdir -p $(@D)
	$(call say,PAGE)
	$(Q)tools/page user/sink/report > $@

$(PAGE_OBJ): user/sink/report_page.S $(PAGE)
	@mkdir -p $(@D)
	$(call say,AS)
	$(Q)$(CC) -DREPORT_PAGE='"$(PAGE)"' -c $< -o $@

oomtrace: $(OBJS)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -pie $(HARDEN_LD) $(LDFLAGS) $^ $(LIBBPF_LIBS) $(JSON_LIBS) $(STORE_LIBS) $(GUARD_LIBS) -o $@

# Of these rooms the linker takes what is needed.
SHIP_OBJS := $(SHIP_SRCS:%.c=$(BUILD)/%.o) $(patsubst %.c,$(BUILD)/%.o,$(wildcard user/store/*.c)) \
	$(BUILD)/user/guard/rights.o $(BUILD)/user/sink/metricsfile.o $(BUILD)/user/sink/metrics_page.o
SHIP_BASE := $(BUILD)/base.a

$(SHIP_BASE): $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(MARK),$(wildcard user/core/*.c user/lib/*.c)))
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

oomtrace-ship: $(SHIP_OBJS) $(SHIP_BASE)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -pie $(HARDEN_LD) $(LDFLAGS) $^ $(SHIP_LIBS) $(JSON_LIBS) $(STORE_LIBS) -lcap -lpthread -o $@

static: $(STATIC) ## build ./oomtrace-static, one file for any host of its architecture; ARCH=arm64: for others

$(BUILD)/user/lib/mark_%.o: $(MARK) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(HARDEN) -DMARK=mark_$* -c $< -o $@

# What lies between the marks need not be in memory while it traces (lib/cold.c): what only loading takes, and
# from the second one on what only a store does.
mark = $(BUILD)/user/lib/mark_$(1).o

$(STATIC): $(OBJS) $(foreach m,$(MARKS),$(call mark,$(m)))
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -static-pie $(HARDEN_LD) $(LDFLAGS) $(OBJS) -lbpf $(call mark,begin) $(STATIC_LIBS) $(JSON_LIBS) -lseccomp \
		$(call mark,store) $(STORE_LIBS) $(call mark,end) $(GUARD_LIBS) -o $@

# What was built with other flags is built again.
FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS) $(HARDEN)

$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo $(call quote,$(FLAGS)) | cmp -s - $@ || echo $(call quote,$(FLAGS)) >$@

$(OBJS) $(SHIP_OBJS): $(BUILD)/flags

-include $(filter-out $(PAGE_OBJ:.o=.d),$(OBJS:.o=.d)) $(SHIP_OBJS:.o=.d) $(BPF_OBJS:.o=.d) $(TEST_OBJS:.o=.d) $(wildcard $(BUILD)/san/tests/unit/*.d $(BUILD)/tests/*/*.d)

# --- tests: each level prints its own "LEVEL: N passed, N failed[, N skipped]" ---

SANITIZE   := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c)) $(BUILD)/tsan/test_queue $(BUILD)/tsan/test_writer
# Not tests themselves: builders and stand-ins that tests link.
UNIT_AIDS  := $(patsubst %.c,$(BUILD)/san/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -O1 $(SANITIZE) -MMD -MP -c $< -o $@

$(BUILD)/unit/%: $(BUILD)/san/tests/unit/%.o $(UNIT_AIDS) $(TEST_OBJS)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $^ -lcmocka $(JSON_LIBS) $(STORE_LIBS) $(GUARD_LIBS) -lpthread -o $@

# What two threads share is looked at by ThreadSanitizer as well, which cannot be had with the others.
TSAN_SRCS := $(filter-out $(MARK),$(wildcard user/lib/*.c))
$(BUILD)/tsan/%: tests/unit/%.c $(TSAN_SRCS) $(wildcard user/lib/*.h)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -O1 -fsanitize=thread $(filter %.c,$^) -lcmocka -lpthread -o $@

$(BUILD)/demo: tools/demo.c
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $< -o $@

$(BUILD)/hog: $(wildcard tests/oracle/hog/*.c) tests/oracle/hog/hog.h
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -static $(filter %.c,$^) -lpthread -o $@

unit: $(UNIT_TESTS) ## unit tests, under AddressSanitizer, UBSan and ThreadSanitizer; no root
	@tests/unit/run $(UNIT_TESTS)

oracle: ## that the comparison of live and vm with the kernel's own report can fail
	@tests/oracle/selftest.py

FLAVOUR_RUNS := --case memcg --case global --case group --backend fentry --backend kprobe --backend tracepoint

live: oomtrace $(BUILD)/hog ## real memory-cgroup OOMs on this machine; root
	@tests/live/run

faults: oomtrace oomtrace-static $(BUILD)/hog ## stalled readers, full disks, no memory, no privilege, kill -9; root
	@tests/faults/run

soak: oomtrace $(BUILD)/hog ## half an hour of kills and faults at random; root; SOAK_MINUTES, SOAK_SEED
	@tests/soak/run

vm: oomtrace-static $(BUILD)/hog ## real Debian kernels in QEMU, memcg and global OOMs
	@tests/vm/run

flavours: oomtrace-static $(BUILD)/hog ## Debian's -rt, non-cloud and backported kernels in QEMU
	@tests/vm/run --flavours $(FLAVOUR_RUNS)

package: oomtrace ## what people get who install it: files, completions, the unit
	@tests/package/run

ship: oomtrace oomtrace-ship $(BUILD)/broker $(BUILD)/fill ## stored kills to Kafka's protocol on loopback, brokers stopped, connections cut, kill -9; root
	@tests/ship/run

browser: oomtrace ## incident pages in a headless Chromium: what they show, hostile names, keyboard, contrast, speed
	@tests/browser/run

metrics: oomtrace $(BUILD)/hog ## real kills through Debian's node exporter and Prometheus; root
	@bash -c 'source tools/deps && install_missing "$${METRICS_PACKAGES[@]}"'
	@tests/metrics/run

shippers: oomtrace ## lines of any length through Debian's journald, rsyslog and logrotate; root
	@bash -c 'source tools/deps && install_missing "$${SHIPPERS_PACKAGES[@]}"'
	@tests/shippers/run

kubernetes: oomtrace-static $(BUILD)/hog ## the manifest against the API's types, and in QEMU with what it gives a container; node, npm
	@bash -c 'source tools/deps && install_missing "$${KUBERNETES_PACKAGES[@]}" && \
		{ command -v npm >/dev/null || install_missing nodejs npm; }'
	@tests/kubernetes/run

systemd: oomtrace-static $(BUILD)/hog ## Debian's systemd, earlyoom and systemd-oomd in QEMU, killing for real
	@tests/systemd/run

lint: $(SKELETON) oomtrace oomtrace-static $(SHIP) ## formatting, static analysis, the rooms of the house
	@tools/lint

check: lint unit oracle ## what needs no root

test: ## every level, as CI runs it
	@tools/test

check-all: ## everything, the slow parts included: test, 5,000 processes, 100,000 kills shipped, systemd, soak, bench, a minute of fuzz
	@tools/test
	@tests/vm/fields
	@tests/vm/run --slow --case multitude
	@$(MAKE) --no-print-directory flavours
	@tests/arm64
	@$(MAKE) --no-print-directory metrics
	@$(MAKE) --no-print-directory shippers
	@$(MAKE) --no-print-directory kubernetes
	@tests/ship/run --kills 100000 --rounds 3 --seconds 900
	@tests/package/chroot
	@tests/package/reproducible
	@$(MAKE) --no-print-directory systemd
	@$(MAKE) --no-print-directory veristat
	@$(MAKE) --no-print-directory soak
	@$(MAKE) --no-print-directory bench
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=60

$(BUILD)/broker: $(BUILD)/tests/ship/broker.o
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $^ $(SHIP_LIBS) -o $@

veristat: oomtrace-static $(BUILD)/hog ## how much each kernel has to verify, against docs/VERIFIER.md; WRITE=1 writes that
	@tests/vm/veristat $(if $(WRITE),--write)

$(BUILD)/render: $(BUILD)/tests/bench/render.o $(BUILD)/tests/unit/wiregen.o $(filter-out $(BUILD)/user/main.o $(BUILD)/user/kernel/% $(BUILD)/user/cmd/%,$(OBJS))
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $^ $(JSON_LIBS) $(STORE_LIBS) $(GUARD_LIBS) -o $@

$(BUILD)/fill: $(BUILD)/tests/bench/fill.o $(BUILD)/tests/unit/storegen.o $(filter-out $(BUILD)/user/main.o $(BUILD)/user/kernel/% $(BUILD)/user/cmd/%,$(OBJS))
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $^ $(JSON_LIBS) $(STORE_LIBS) $(GUARD_LIBS) -o $@

$(BUILD)/launch $(BUILD)/decide: $(BUILD)/%: $(BUILD)/tests/bench/%.o
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $^ -static -o $@

$(BUILD)/verify $(BUILD)/hooks: $(BUILD)/%: $(BUILD)/tests/bench/%.o
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $^ -static -lbpf $(STATIC_LIBS) -o $@

bench: oomtrace oomtrace-static $(BUILD)/hog $(BUILD)/launch $(BUILD)/decide $(BUILD)/verify $(BUILD)/render $(BUILD)/fill $(BUILD)/hooks ## what it costs, to docs/PERFORMANCE.md; root; ONLY="size storm": these rows alone
	@tests/bench/run --write $(ONLY:%=--only %)

FUZZ_SECONDS ?= 60

FUZZERS := replay event klog
FUZZ_LEN_replay := 40000
FUZZ_LEN_event  := 20000
FUZZ_LEN_klog   := 20000

$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard user/core/*.c user/lib/*.c)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CLANG) $(CPPFLAGS) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined $^ $(JSON_LIBS) -o $@

fuzz: $(FUZZERS:%=fuzz-%) ## feed rubbish to what reads recordings, JSON lines and logs, FUZZ_SECONDS each

fuzz-%: $(BUILD)/fuzz/fuzz_%
	@mkdir -p $(BUILD)/fuzz/corpus-$*
	@tests/fuzz/seeds $* $(BUILD)/fuzz/seeds-$*
	cd $(BUILD)/fuzz && ./fuzz_$* -max_total_time=$(FUZZ_SECONDS) -max_len=$(FUZZ_LEN_$*) -print_final_stats=1 \
		corpus-$* seeds-$*

PREFIX ?= /usr/local

UNITDIR ?= $(PREFIX)/lib/systemd/system

INSTALLED := sbin/oomtrace share/man/man8/oomtrace.8 share/bash-completion/completions/oomtrace \
	share/zsh/site-functions/_oomtrace

SHIP_INSTALLED := libexec/oomtrace/oomtrace-ship lib/sysusers.d/oomtrace-ship.conf

install: oomtrace $(SHIP:%=install-ship) ## install to DESTDIR and PREFIX
	install -D -m 0755 oomtrace $(DESTDIR)$(PREFIX)/sbin/oomtrace
	install -D -m 0644 docs/oomtrace.8 $(DESTDIR)$(PREFIX)/share/man/man8/oomtrace.8
	./oomtrace completion bash | install -D -m 0644 /dev/stdin $(DESTDIR)$(PREFIX)/share/bash-completion/completions/oomtrace
	./oomtrace completion zsh | install -D -m 0644 /dev/stdin $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_oomtrace
	@mkdir -p $(BUILD)
	sed 's|@PREFIX@|$(PREFIX)|' tools/dist/oomtrace.service > $(BUILD)/oomtrace.service
	install -D -m 0644 $(BUILD)/oomtrace.service $(DESTDIR)$(UNITDIR)/oomtrace.service

install-ship: oomtrace-ship
	install -D -m 0755 oomtrace-ship $(DESTDIR)$(PREFIX)/libexec/oomtrace/oomtrace-ship
	install -D -m 0644 tools/dist/oomtrace-ship.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/oomtrace-ship.conf
	@mkdir -p $(BUILD)
	sed 's|@PREFIX@|$(PREFIX)|' tools/dist/oomtrace-ship.service > $(BUILD)/oomtrace-ship.service
	install -D -m 0644 $(BUILD)/oomtrace-ship.service $(DESTDIR)$(UNITDIR)/oomtrace-ship.service

uninstall: ## remove what install installed
	rm -f $(INSTALLED:%=$(DESTDIR)$(PREFIX)/%) $(SHIP_INSTALLED:%=$(DESTDIR)$(PREFIX)/%)
	rm -f $(DESTDIR)$(UNITDIR)/oomtrace.service $(DESTDIR)$(UNITDIR)/oomtrace-ship.service

release: ## the static binary and what belongs to it in a tarball per architecture, with sums, under build/release
	@tools/release

deb: ## the Debian package, under build/deb
	@tools/deb

clean: ## remove everything that was built
	rm -rf $(BUILD) oomtrace oomtrace-ship oomtrace-static oomtrace-static-*

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
