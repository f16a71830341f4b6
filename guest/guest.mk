# SPDX-License-Identifier: GPL-2.0
# Guest parts. `make module` builds for every kernel whose headers are
# installed; `make lab-modules` for the kernels of the tests.

.PHONY: module lab-modules lab-kernels tools

LAB_SERIES	:= 6.1 6.12
KERNELS		:= $(B)/kernels
RELEASES	:= $(patsubst /lib/modules/%/build,%,$(wildcard /lib/modules/*/build))

module: $(RELEASES:%=$(B)/module/%/ivring.ko)
tools: $(B)/bin/ivring-meta

MODULE_SRC := $(wildcard guest/module/*.[ch]) guest/module/Kbuild \
	      $(wildcard guest/uapi/*.h) VERSION

# In build/, so that two kernels do not share objects. $(1): headers,
# $(2): directory
define kbuild
@rm -rf $(2)/src && mkdir -p $(2)/src
@cp -r guest/module guest/uapi $(2)/src/
@cp VERSION $(2)/
$(MAKE) -C $(1) M=$(abspath $(2))/src/module CONFIG_DEBUG_INFO_BTF_MODULES= \
	$(MODULE_FLAGS) modules
@cp $(2)/src/module/*.ko $(2)/src/module/Module.symvers $(2)/
endef

$(B)/module/%/ivring.ko: $(MODULE_SRC)
	$(call kbuild,/lib/modules/$*/build,$(@D))

$(LAB_SERIES:%=$(KERNELS)/%/release): $(KERNELS)/%/release:
	KERNELS=$(abspath $(KERNELS)) tests/lab/kernel.sh $*

lab-kernels: $(LAB_SERIES:%=$(KERNELS)/%/release)

$(B)/lab-module/%/ivring.ko: $(KERNELS)/%/release $(MODULE_SRC)
	$(call kbuild,$(abspath $(KERNELS))/$*/headers,$(@D))

lab-modules: $(LAB_SERIES:%=$(B)/lab-module/%/ivring.ko)

# Static, because it runs in initramfs images as well.
$(B)/bin/ivring-meta: guest/tools/ivring-meta.c guest/uapi/ivr_meta.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARN) $(CPPFLAGS) $(CFLAGS) -static -o $@ $<
