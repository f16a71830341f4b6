# SPDX-License-Identifier: GPL-2.0
# Unit tests of host/reader, each plain and under the sanitizers.

READER_TESTS := reader_shm reader_session reader_drain reader_hostile \
		reader_kill reader_ctl reader_quiesce reader_handover \
		reader_plain reader_cli store_write
UNIT_TESTS   += $(READER_TESTS) $(READER_TESTS:%=%_asan) reader_faults

READER_PARTS     := $(filter-out reader/main,$(READER_OBJS)) $(LIB_OBJS)
READER_TEST_OBJ  := $(B)/tests/unit/reader
READER_SAN       := -fsanitize=address,undefined -fno-sanitize-recover=all
# These stand between the reader and its files in tests that make writes fail.
READER_WRAP      := -Wl,--wrap=pwrite,--wrap=pwritev,--wrap=renameat

READER_WRAP_reader_drain := $(READER_WRAP)
READER_WRAP_reader_kill  := $(READER_WRAP)
READER_WRAP_store_write  := $(READER_WRAP)

READER_CFLAGS_plain  :=
READER_CFLAGS_asan   := $(READER_SAN)
# The named points (fault.h) are in no program of the others.
READER_CFLAGS_faults := $(READER_SAN) -DIVR_FAULTS

# $(1): variant, $(2): where its ivring-reader is, $(3): suffix of its tests,
# $(4): tests
define READER_VARIANT
$(READER_TEST_OBJ)/$(1)/host/%.o: host/%.c
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) $$(READER_CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<

$(READER_TEST_OBJ)/$(1)/%.o: tests/%.c
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) $$(READER_CFLAGS_$(1)) -Ihost \
		-DTEST_BIN_DIR='"$$(abspath $(2))"' -MMD -MP -c -o $$@ $$<

$(READER_TEST_OBJ)/$(1)/parts.a: \
		$(READER_PARTS:%=$(READER_TEST_OBJ)/$(1)/host/%.o) \
		$(READER_TEST_OBJ)/$(1)/unit/reader_kit.o \
		$(READER_TEST_OBJ)/$(1)/sim/guest.o
	@rm -f $$@
	ar rcs $$@ $$^

$(4:%=$(B)/tests/unit/%$(3)): $(B)/tests/unit/%$(3): \
		$(READER_TEST_OBJ)/$(1)/unit/%.o $(READER_TEST_OBJ)/$(1)/parts.a
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) $$(READER_CFLAGS_$(1)) $$(ALL_LDFLAGS) \
		$$(READER_WRAP_$$(*F)) -o $$@ $$(filter %.o %.a,$$^) -lcmocka \
		$$(LIBS_ivring-reader) $$(LIB_LIBS)
endef

READER_ASAN_BIN := $(READER_TEST_OBJ)/asan

$(eval $(call READER_VARIANT,plain,$(B)/bin,,$(READER_TESTS)))
$(eval $(call READER_VARIANT,asan,$(READER_ASAN_BIN),_asan,$(READER_TESTS)))
$(eval $(call READER_VARIANT,faults,$(READER_ASAN_BIN),,reader_faults))

$(B)/tests/unit/reader_cli: $(B)/bin/ivring-reader
$(B)/tests/unit/reader_cli_asan: $(READER_ASAN_BIN)/ivring-reader

$(READER_ASAN_BIN)/ivring-reader: \
		$(READER_OBJS:%=$(READER_TEST_OBJ)/asan/host/%.o) \
		$(LIB_OBJS:%=$(READER_TEST_OBJ)/asan/host/%.o)
	$(CC) $(ALL_CFLAGS) $(READER_SAN) $(ALL_LDFLAGS) -o $@ $^ \
		$(LIBS_ivring-reader) $(LIB_LIBS)

.SECONDARY: $(foreach v,plain asan,$(READER_TESTS:%=$(READER_TEST_OBJ)/$(v)/unit/%.o)) \
	    $(READER_TEST_OBJ)/faults/unit/reader_faults.o

-include $(wildcard $(READER_TEST_OBJ)/*/*/*.d $(READER_TEST_OBJ)/*/host/*/*.d)
