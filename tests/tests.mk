# SPDX-License-Identifier: GPL-2.0
# Test programs; each part adds its own to UNIT_TESTS in tests/unit/<part>.mk.

UNIT_TESTS :=
-include tests/unit/*.mk

UNIT_BINS := $(UNIT_TESTS:%=$(B)/tests/unit/%)

.PHONY: unit-tests
unit-tests: $(UNIT_BINS)

-include tests/tools/tools.mk
