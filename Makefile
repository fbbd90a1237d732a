# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One makefile for everything. Run `make help` for the targets.

VERSION  := 0.1.0
BUILD    ?= build
CC       ?= gcc
CLANG    ?= clang
BPFTOOL  ?= bpftool
PKG_CONFIG ?= pkg-config

ARCH     := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CPPFLAGS += -I. -Iuser -I$(BUILD) -D_GNU_SOURCE -DOOMTRACE_VERSION='"$(VERSION)"'
CFLAGS   ?= -O2 -g -fstack-protector-strong
CFLAGS   += -std=gnu11 $(WARNINGS)

LIBBPF_CFLAGS := $(shell $(PKG_CONFIG) --cflags libbpf 2>/dev/null)
LIBBPF_LIBS   := $(shell $(PKG_CONFIG) --libs libbpf 2>/dev/null || echo -lbpf)
# A static link needs what libbpf itself needs, in this order.
STATIC_LIBS   := -lbpf -lelf -lz

BPF_UNITS  := record task fate fentry kprobe tracepoint
BPF_OBJS   := $(BPF_UNITS:%=$(BUILD)/bpf/%.bpf.o)
BPF_OBJECT := $(BUILD)/oomtrace.bpf.o
SKELETON   := $(BUILD)/oomtrace.skel.h
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v2 -D__TARGET_ARCH_$(ARCH) -I. -Wall -Werror

ROOMS   := core lib kernel proc sink cmd
SRCS    := $(wildcard user/*.c) $(foreach r,$(ROOMS),$(wildcard user/$(r)/*.c))
OBJS    := $(SRCS:%.c=$(BUILD)/%.o)
# What unit tests link: every room but libbpf's, main left out.
TEST_SRCS := $(filter-out user/main.c user/kernel/%,$(SRCS))
TEST_OBJS := $(TEST_SRCS:%.c=$(BUILD)/san/%.o)

.PHONY: all static check unit live vm lint test check-all bench fuzz clean help install uninstall
.DELETE_ON_ERROR:
.SECONDARY:

all: oomtrace ## build ./oomtrace

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c $< -o $@

$(BPF_OBJECT): $(BPF_OBJS)
	$(BPFTOOL) gen object $@ $^

$(SKELETON): $(BPF_OBJECT)
	$(BPFTOOL) gen skeleton $< name oomtrace_bpf > $@

$(BUILD)/user/kernel/%.o: CPPFLAGS += $(LIBBPF_CFLAGS)
$(BUILD)/user/kernel/tracer.o: $(SKELETON)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

oomtrace: $(OBJS)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBBPF_LIBS) -o $@

static: oomtrace-static ## build ./oomtrace-static, one file for any host of this architecture

oomtrace-static: $(OBJS)
	$(CC) $(CFLAGS) $(LDFLAGS) -static $^ $(STATIC_LIBS) -o $@

-include $(OBJS:.o=.d) $(BPF_OBJS:.o=.d) $(TEST_OBJS:.o=.d)

-include tests/tests.mk

clean: ## remove everything that was built
	rm -rf $(BUILD) oomtrace oomtrace-static

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
