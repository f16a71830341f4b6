# SPDX-License-Identifier: GPL-2.0
# Unit tests of the host's programs: tests/unit/FOLDER/NAME.c tests FOLDER, of
# host/ or migration/. Each is built plain and, as NAME_asan, with sanitizers.

UNIT_FOLDERS := lib domain store trace cli server reader log move watch

UNIT_lib    := file log mem_size opts output paths pid_file ready sock text
UNIT_domain := domain_edit domain_xml
UNIT_store  := account fuzz leg_text merge page store_read store_write sync
UNIT_trace  := decode_box meta trace_dat
UNIT_cli    := hook virt_cmds
UNIT_server := cli fdstore handshake life
UNIT_reader := bounds cli confine ctl drain handover hostile kill plain quiesce session shm
UNIT_log    := log_write
UNIT_move   := migrate steps
UNIT_watch  := bound cli ctl_request migration_state qmp vm

# What several tests share
UNIT_KIT := tests/unit/store/store_kit tests/unit/server/server_kit tests/unit/reader/reader_kit \
	    tests/sim/guest

# These stand between the reader and its files in tests that make writes fail.
UNIT_WRAP := -Wl,--wrap=pwrite,--wrap=pwritev,--wrap=renameat
UNIT_LDFLAGS_reader/drain      := $(UNIT_WRAP)
UNIT_LDFLAGS_reader/kill       := $(UNIT_WRAP)
UNIT_LDFLAGS_store/store_write := $(UNIT_WRAP)
UNIT_LDFLAGS_store/sync        := -Wl,--wrap=fsync

UNIT_LIBS := -lcmocka $(sort $(foreach p,$(PROGRAMS),$(LIBS_$(p))))

# $(1): directory of the variant, $(2): flags, $(3): suffix, $(4): tests
define UNIT_VARIANT
$(1)/tests/%.o: CPPFLAGS += -DTEST_BIN_DIR='"$(abspath $(1))/bin"' \
	-DHOOK_FAKE='"$(abspath $(1))/tests/hook_fake"'

$(1)/tests/kit.a: $(UNIT_KIT:%=$(1)/%.o)
	@rm -f $$@
	@$$(call say,AR)
	$(Q)ar rcs $$@ $$^

$(4:%=$(B)/tests/unit/%$(3)): $(B)/tests/unit/%$(3): $(1)/tests/unit/%.o \
		$(1)/tests/kit.a $(FOLDERS:%=$(1)/%.a)
	@mkdir -p $$(@D)
	@$$(call say,LD)
	$(Q)$$(CC) $$(ALL_CFLAGS) $(2) $$(ALL_LDFLAGS) $$(UNIT_LDFLAGS_$$*) \
		-o $$@ $$^ -Wl,--as-needed $(UNIT_LIBS)

UNIT_TESTS += $(4:%=%$(3))
-include $$(wildcard $(1)/tests/unit/*/*.d $(1)/tests/sim/*.d)
endef

UNIT_ALL := $(foreach f,$(UNIT_FOLDERS),$(UNIT_$(f):%=$(f)/%))

$(eval $(call HOST_VARIANT,$(B)/asan,$(SAN)))
$(eval $(call HOST_VARIANT,$(B)/faulty,$(SAN) -DIVR_FAULTS))

$(eval $(call UNIT_VARIANT,$(B),,,$(UNIT_ALL)))
$(eval $(call UNIT_VARIANT,$(B)/asan,$(SAN),_asan,$(UNIT_ALL)))
# The named points (fault.h) are in no program of the others.
$(eval $(call UNIT_VARIANT,$(B)/faulty,$(SAN) -DIVR_FAULTS,,lib/fault reader/faults))

# These run programs.
define UNIT_RUNS
$(B)/tests/unit/server/cli$(2) $(B)/tests/unit/server/fdstore$(2): | $(1)/bin/ivring-server
$(B)/tests/unit/reader/cli$(2): | $(1)/bin/ivring-reader
$(B)/tests/unit/watch/cli$(2): | $(1)/bin/ivring-watch
$(B)/tests/unit/cli/hook$(2): | $(1)/tests/hook_fake

$(1)/tests/hook_fake: $(1)/tests/unit/cli/hook_fake.o $(1)/host/lib.a
	@$$(call say,LD)
	$(Q)$$(CC) $$(ALL_CFLAGS) $(3) $$(ALL_LDFLAGS) -o $$@ $$^ -lsystemd
endef

$(eval $(call UNIT_RUNS,$(B),,))
$(eval $(call UNIT_RUNS,$(B)/asan,_asan,$(SAN)))

# The release before: its own headers, and today's programs.
COMPAT := tests/unit/compat
$(B)/tests/unit/compat/release_0_1: $(COMPAT)/release_0_1.c $(COMPAT)/0.1/guest.c \
		$(wildcard $(COMPAT)/0.1/*.h) | $(B)/bin/ivring-reader $(B)/bin/ivring
	@mkdir -p $(@D)
	@$(call say,LD)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -I$(COMPAT)/0.1 \
		-DTEST_BIN_DIR='"$(abspath $(B))/bin"' -o $@ $(filter %.c,$^)

UNIT_TESTS += compat/release_0_1
