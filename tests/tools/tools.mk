# SPDX-License-Identifier: GPL-2.0
# Programs of the tests that run in the guest.

.PHONY: guest-tools

# Static: the guest has no libraries.
$(B)/tests/ramp: tests/tools/ramp.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARN) $(CFLAGS) -static -o $@ $<

# Kernel modules of the tests, for each kernel
define TEST_MODULE
$(B)/tests/$(1)-%/$(1).ko: $(B)/lab-module/%/ivring.ko $(wildcard tests/tools/$(1)/*)
	@rm -rf $$(@D)/src && mkdir -p $$(@D)/src
	@cp -r tests/tools/$(1) guest/module $$(@D)/src/
	$$(MAKE) -C $$(abspath $$(KERNELS))/$$*/headers M=$$(abspath $$(@D))/src/$(1) \
		CONFIG_DEBUG_INFO_BTF_MODULES= \
		KBUILD_EXTRA_SYMBOLS=$$(abspath $$(B))/lab-module/$$*/Module.symvers \
		$$(MODULE_FLAGS) modules
	@cp $$(@D)/src/$(1)/$(1).ko $$@
endef

$(eval $(call TEST_MODULE,kwriter))
$(eval $(call TEST_MODULE,tlbflush))

guest-tools: $(B)/tests/ramp $(LAB_SERIES:%=$(B)/tests/kwriter-%/kwriter.ko) \
	     $(LAB_SERIES:%=$(B)/tests/tlbflush-%/tlbflush.ko)

# What the guests of the tests boot: one image a kernel, made anew when any
# part of it changed.
$(B)/tests/initrd-%.gz: $(B)/lab-module/%/ivring.ko $(B)/tests/kwriter-%/kwriter.ko \
			$(B)/tests/tlbflush-%/tlbflush.ko \
			$(B)/bin/ivring-meta $(B)/tests/ramp \
			tests/lab/initramfs.sh tests/lab/init
	KERNELS=$(abspath $(KERNELS)) tests/lab/initramfs.sh -o $@ -k $* \
		-f $(B)/lab-module/$*/ivring.ko:/ivring.ko \
		-f $(B)/tests/kwriter-$*/kwriter.ko:/kwriter.ko \
		-f $(B)/tests/tlbflush-$*/tlbflush.ko:/tlbflush.ko \
		-f $(B)/bin/ivring-meta:/bin/ivring-meta \
		-f $(B)/tests/ramp:/bin/ramp

initrds: $(LAB_SERIES:%=$(B)/tests/initrd-%.gz)
.PHONY: initrds
