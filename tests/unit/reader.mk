# SPDX-License-Identifier: GPL-2.0
# Unit tests of host/reader, each plain and under the sanitizers.

READER_TESTS := reader_shm reader_session reader_drain reader_hostile \
		reader_kill reader_ctl reader_cli store_write
UNIT_TESTS   += $(READER_TESTS) $(READER_TESTS:%=%_asan)

READER_PARTS     := $(filter-out reader/main,$(READER_OBJS)) $(LIB_OBJS)
READER_TEST_SRC  := tests/unit/reader_kit.c tests/sim/guest.c
READER_TEST_DEPS := $(READER_TEST_SRC) tests/unit/reader_kit.h tests/sim/guest.h
READER_ASAN      := -fsanitize=address,undefined -fno-sanitize-recover=all
# These stand between the reader and its files in tests that make writes fail.
READER_WRAP      := -Wl,--wrap=pwrite,--wrap=pwritev,--wrap=renameat

READER_ASAN_BIN  := $(B)/tests/unit/reader_asan

# $(1): flags, $(2): where ivring-reader is
define reader_link
@mkdir -p $(@D)
$(CC) $(ALL_CFLAGS) -Ihost -DTEST_BIN_DIR='"$(abspath $(2))"' $(1) \
	$(ALL_LDFLAGS) $(READER_WRAP_$(*F)) -o $@ \
	$(filter %.c %.o,$^) -lcmocka $(LIBS_ivring-reader) $(LIB_LIBS)
endef

READER_WRAP_reader_drain := $(READER_WRAP)
READER_WRAP_reader_kill  := $(READER_WRAP)
READER_WRAP_store_write  := $(READER_WRAP)

$(B)/tests/unit/reader_cli: $(B)/bin/ivring-reader
$(B)/tests/unit/reader_cli_asan: $(READER_ASAN_BIN)/ivring-reader

$(READER_TESTS:%=$(B)/tests/unit/%): $(B)/tests/unit/%: tests/unit/%.c \
		$(READER_TEST_DEPS) $(call objs,$(READER_PARTS))
	$(call reader_link,,$(B)/bin)

# Everything is compiled anew for these.
$(READER_TESTS:%=$(B)/tests/unit/%_asan): $(B)/tests/unit/%_asan: \
		tests/unit/%.c $(READER_TEST_DEPS) $(READER_PARTS:%=host/%.c)
	$(call reader_link,$(READER_ASAN),$(READER_ASAN_BIN))

$(READER_ASAN_BIN)/ivring-reader: $(READER_OBJS:%=host/%.c) \
		$(LIB_OBJS:%=host/%.c)
	$(call reader_link,$(READER_ASAN))
