# SPDX-License-Identifier: GPL-2.0
# Test programs

UNIT_TESTS :=
include tests/unit/unit.mk tests/unit/module/module.mk tests/tools/tools.mk

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS:%=$(B)/tests/unit/%)
