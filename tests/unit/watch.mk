# SPDX-License-Identifier: GPL-2.0
# Unit tests of host/watch and of what reads its records (host/ivring/moves,
# timeline), each plain and under the sanitizers.

WATCH_TESTS := watch_machine watch_bound watch_record watch_order watch_vm \
	       watch_news watch_cli
UNIT_TESTS  += $(WATCH_TESTS) $(WATCH_TESTS:%=%_asan)

WATCH_PARTS := $(filter-out watch/main watch/virt,$(WATCH_OBJS)) ivring/moves \
	       ivring/timeline ivring/timeline_print ivring/table ivring/text \
	       ivring/ctl ivring/process $(LIB_OBJS)
WATCH_ASAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
WATCH_ASAN_BIN := $(B)/tests/unit/watch_asan

# $(1): flags, $(2): where ivring-watch is
define watch_link
@mkdir -p $(@D)
$(CC) $(ALL_CFLAGS) $(XML_CFLAGS) -Ihost -Ihost/ivring -Ihost/watch \
	-DTEST_BIN_DIR='"$(abspath $(2))"' $(1) $(ALL_LDFLAGS) -o $@ \
	$(filter %.c %.o,$^) -lcmocka $(LIBS_ivring-watch) $(LIB_LIBS)
endef

$(B)/tests/unit/watch_cli: $(B)/bin/ivring-watch
$(B)/tests/unit/watch_cli_asan: $(WATCH_ASAN_BIN)/ivring-watch

$(WATCH_TESTS:%=$(B)/tests/unit/%): $(B)/tests/unit/%: tests/unit/%.c \
		$(call objs,$(WATCH_PARTS))
	$(call watch_link,,$(B)/bin)

# Everything is compiled anew for these.
$(WATCH_TESTS:%=$(B)/tests/unit/%_asan): $(B)/tests/unit/%_asan: tests/unit/%.c \
		$(WATCH_PARTS:%=host/%.c)
	$(call watch_link,$(WATCH_ASAN),$(WATCH_ASAN_BIN))

$(WATCH_ASAN_BIN)/ivring-watch: $(WATCH_OBJS:%=host/%.c) $(LIB_OBJS:%=host/%.c)
	$(call watch_link,$(WATCH_ASAN))
