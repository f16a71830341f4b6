# SPDX-License-Identifier: GPL-2.0
# IVRing. `make help` lists the targets; everything built goes to build/.

SHELL	:= /bin/bash
B	?= build
CC	?= gcc
DESTDIR	?=
PREFIX	?= /usr
CFLAGS	?= -O2 -g
WARN	:= -Wall -Wextra -Wshadow -Wdeclaration-after-statement -Wstrict-prototypes -Wmissing-prototypes \
	   -Wno-unused-parameter -Werror
HARDEN	:= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
VERSION := $(shell cat VERSION)
CPPFLAGS += -D_GNU_SOURCE -DIVR_VERSION_STRING='"$(VERSION)"' -Iguest/uapi -Ihost -I.
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)

# One line a file; V=1 shows the commands.
V	?= 0
Q	:= $(if $(filter 0,$(V)),@)
say	= $(if $(Q),echo '  $(1) $@',:)

.PHONY: all host module tools initrds unit-tests clean help deps demo check check-static check-unit \
	check-guest check-migration check-hostile check-deps soak faults bench install \
	uninstall install-guest uninstall-guest
.DEFAULT_GOAL := all

-include host/host.mk guest/guest.mk tests/tests.mk tests/fuzz/fuzz.mk bench/bench.mk packaging/install.mk \
	migration/model/model.mk

## all: host programs, the guest's tool, the module for every kernel installed
all: host module tools

## deps: install the Debian packages that building and demo need
deps:
	packaging/deps.sh

## demo: watch a guest being traced while virsh moves it between two hosts
demo: deps
	@$(MAKE) --no-print-directory -j2 host initrds >$(LOG) 2>&1 || \
		{ tail -n 30 $(LOG); exit 1; }
	@tests/demo.sh

## check: all tests but those that only check-migration runs, in order of cost
check: check-deps
	tests/run

## check-static, check-unit, check-guest, check-migration: one group of them
check-static check-unit check-guest check-migration: check-%: check-deps
	tests/run $*

## check-hostile: no harm from a guest, a local user, a power cut: a line for each promise
check-hostile: check-deps
	tests/hostile.sh

## soak: random migrations with random faults [SEED=n COUNT=300]
soak: deps
	@$(MAKE) --no-print-directory faults >$(LOG) 2>&1 || { tail -n 30 $(LOG); exit 1; }
	@B=$(abspath $(B))/faults tests/soak/soak.sh $(if $(SEED),--seed $(SEED)) \
		$(if $(COUNT),--count $(COUNT))

## faults: programs and guests with the fault points of fault.h, into build/faults
faults: lab-kernels
	@$(MAKE) --no-print-directory -j2 B=$(B)/faults KERNELS=$(KERNELS) \
		CFLAGS='$(CFLAGS) -DIVR_FAULTS' MODULE_FLAGS=KCFLAGS=-DIVR_FAULTS \
		host tools initrds

# Two makes: what deps installs decides what the second one finds.
check-deps:
	packaging/deps.sh check
	@echo "building (log: $(LOG))"
	@$(MAKE) --no-print-directory -j2 host tools initrds unit-tests fuzzers \
		MODULE_FLAGS=W=1 >$(LOG) 2>&1 || { tail -n 30 $(LOG); exit 1; }

LOG = $(B)/build.log
$(shell mkdir -p $(B))

## clean: remove what was built, but not the kernels that were downloaded
clean:
	@find $(B) -mindepth 1 -maxdepth 1 ! -name kernels -exec rm -rf {} +

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
