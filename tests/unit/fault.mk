# SPDX-License-Identifier: GPL-2.0
# Unit test of host/lib/fault.c, built as `make faults` builds it.

UNIT_TESTS += lib_fault lib_fault_asan

FAULT_ASAN := -fsanitize=address,undefined -fno-sanitize-recover=all

$(B)/tests/unit/lib_fault $(B)/tests/unit/lib_fault_asan: tests/unit/lib_fault.c \
		host/lib/fault.c host/lib/log.c host/lib/fault.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DIVR_FAULTS $(if $(filter %_asan,$@),$(FAULT_ASAN)) \
		$(ALL_LDFLAGS) -o $@ $(filter %.c,$^) -lcmocka
