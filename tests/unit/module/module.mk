# SPDX-License-Identifier: GPL-2.0
# Unit tests of ivr_wire.h's geometry and of guest/module/{ring,segment}.c.
#
# Both are compiled as in the module, but with the tests' clock; plain and under
# the sanitizers.

RING_TESTS := ring_format ring_policy ring_nest ring_segment ring_step
UNIT_TESTS += $(patsubst %,module/%,layout layout_asan $(RING_TESTS) \
		$(RING_TESTS:%=%_asan) ring_stress ring_stress_tsan ring_stress_asan)

RING_SAN_asan := $(SAN)
RING_SAN_tsan := -fsanitize=thread -Wno-tsan
RING_OBJ      := $(B)/tests/ring
# No PLT: ring_step must not stop the tests' own calls of memcpy in the writer's.
RING_CFLAGS    = $(ALL_CFLAGS) -fno-plt -Iguest/module \
		 $(shell pkg-config --cflags libtraceevent)
RING_LIBS      = -lcmocka $(shell pkg-config --libs libtraceevent)

RING_HEADERS := $(wildcard guest/module/ring*.h tests/unit/module/ring_*.h) \
	guest/module/segment.h guest/uapi/ivr_wire.h
RING_WRITER  := ring segment

# $(1): variant, $(2): flags
define RING_VARIANT
$(RING_WRITER:%=$(RING_OBJ)/%-$(1).o): $(RING_OBJ)/%-$(1).o: \
		guest/module/%.c $(RING_HEADERS)
	@mkdir -p $$(@D)
	@$$(call say,CC)
	$(Q)$$(CC) $$(RING_CFLAGS) $(2) -include tests/unit/module/ring_clock.h -c -o $$@ $$<

$(RING_OBJ)/%-$(1).o: tests/unit/module/%.c $(RING_HEADERS)
	@mkdir -p $$(@D)
	@$$(call say,CC)
	$(Q)$$(CC) $$(RING_CFLAGS) $(2) -c -o $$@ $$<
endef

$(eval $(call RING_VARIANT,plain,))
$(eval $(call RING_VARIANT,asan,$(RING_SAN_asan)))
$(eval $(call RING_VARIANT,tsan,$(RING_SAN_tsan)))

define RING_LINK
@mkdir -p $(@D)
@$(call say,LD)
$(Q)$(CC) $(ALL_LDFLAGS) $(1) -o $@ $^ $(RING_LIBS)
endef

ring_internal = $(RING_OBJ)/%-$(1).o $(patsubst %,$(RING_OBJ)/%-$(1).o,$(2))

$(B)/tests/unit/module/ring_step: $(RING_OBJ)/ring_act-plain.o $(RING_OBJ)/ring_trap-plain.o
$(B)/tests/unit/module/ring_step_asan: $(RING_OBJ)/ring_act-asan.o $(RING_OBJ)/ring_trap-asan.o

$(RING_TESTS:%=$(B)/tests/unit/module/%): $(B)/tests/unit/module/%: \
		$(call ring_internal,plain,$(RING_WRITER) ring_rig ring_kit)
	$(call RING_LINK)

$(RING_TESTS:%=$(B)/tests/unit/module/%_asan): $(B)/tests/unit/module/%_asan: \
		$(call ring_internal,asan,$(RING_WRITER) ring_rig ring_kit)
	$(call RING_LINK,$(RING_SAN_asan))

$(B)/tests/unit/module/layout: $(RING_OBJ)/layout-plain.o
	$(call RING_LINK)
$(B)/tests/unit/module/layout_asan: $(RING_OBJ)/layout-asan.o
	$(call RING_LINK,$(RING_SAN_asan))

$(B)/tests/unit/module/ring_stress: \
		$(patsubst %,$(RING_OBJ)/%-plain.o,ring_stress $(RING_WRITER) ring_kit)
	$(call RING_LINK)
$(B)/tests/unit/module/ring_stress_asan: \
		$(patsubst %,$(RING_OBJ)/%-asan.o,ring_stress $(RING_WRITER) ring_kit)
	$(call RING_LINK,$(RING_SAN_asan))
$(B)/tests/unit/module/ring_stress_tsan: \
		$(patsubst %,$(RING_OBJ)/%-tsan.o,ring_stress $(RING_WRITER) ring_kit)
	$(call RING_LINK,$(RING_SAN_tsan))

.PHONY: unit-tests-ring
unit-tests-ring: $(RING_TESTS:%=$(B)/tests/unit/module/%)
