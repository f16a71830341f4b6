# SPDX-License-Identifier: GPL-2.0
# Unit tests of what reads, merges and writes stores (host/ivring), each plain
# and under the sanitizers.

IVRING_TESTS := store_read merge account meta trace_dat page text store_fuzz
UNIT_TESTS   += $(IVRING_TESTS) $(IVRING_TESTS:%=%_asan)

IVRING_SAN_plain :=
IVRING_SAN_asan  := -fsanitize=address,undefined -fno-sanitize-recover=all
IVRING_TEST_OBJ  := $(B)/tests/unit/ivring

# $(1): variant
define IVRING_VARIANT
$(IVRING_TEST_OBJ)/$(1)/host/%.o: host/%.c
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) $(IVRING_SAN_$(1)) -MMD -MP -c -o $$@ $$<

$(IVRING_TEST_OBJ)/$(1)/%.o: tests/unit/%.c
	@mkdir -p $$(@D)
	$(CC) $$(ALL_CFLAGS) $(IVRING_SAN_$(1)) -Ihost/ivring -MMD -MP \
		-c -o $$@ $$<

$(IVRING_TEST_OBJ)/$(1)/store.a: \
		$(STORE_OBJS:%=$(IVRING_TEST_OBJ)/$(1)/host/%.o) \
		$(IVRING_TEST_OBJ)/$(1)/host/lib/log.o \
		$(IVRING_TEST_OBJ)/$(1)/store_kit.o
	@rm -f $$@
	ar rcs $$@ $$^

$(IVRING_TESTS:%=$(B)/tests/unit/%$(2)): $(B)/tests/unit/%$(2): \
		$(IVRING_TEST_OBJ)/$(1)/%.o $(IVRING_TEST_OBJ)/$(1)/store.a
	@mkdir -p $$(@D)
	$(CC) $$(ALL_LDFLAGS) $(IVRING_SAN_$(1)) -o $$@ $$^ -lcmocka \
		-ljson-c -ltraceevent
endef

$(eval $(call IVRING_VARIANT,plain,))
$(eval $(call IVRING_VARIANT,asan,_asan))

.SECONDARY: $(IVRING_TESTS:%=$(IVRING_TEST_OBJ)/plain/%.o) \
	    $(IVRING_TESTS:%=$(IVRING_TEST_OBJ)/asan/%.o)

-include $(wildcard $(IVRING_TEST_OBJ)/*/*.d $(IVRING_TEST_OBJ)/*/host/*/*.d)
