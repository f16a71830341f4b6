# SPDX-License-Identifier: GPL-2.0
# Unit tests of libvirt's side: the domain's XML, the hook, status, doctor,
# migrate.

VIRT_TESTS := domain_xml domain_edit hook virt_cmds migrate_steps migrate
UNIT_TESTS += $(VIRT_TESTS)

VIRT_TEST_OBJS := $(call objs,$(VIRT_OBJS) ivring/table $(LIB_OBJS))

$(B)/tests/hook_fake: tests/unit/hook_fake.c $(call objs,$(LIB_OBJS))
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(VIRT_TESTS:%=$(B)/tests/unit/%): $(B)/tests/unit/%: tests/unit/%.c \
		$(VIRT_TEST_OBJS) | $(B)/tests/hook_fake
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(XML_CFLAGS) -Ihost $(ALL_LDFLAGS) \
		-DHOOK_FAKE='"$(abspath $(B))/tests/hook_fake"' \
		-o $@ $^ -lcmocka -lxml2 -ljson-c $(LIB_LIBS)
