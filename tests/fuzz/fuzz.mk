# SPDX-License-Identifier: GPL-2.0
# Fuzzers of what reads bytes of others: tests/fuzz/NAME.c, with libFuzzer.
# tests/fuzz/corpus/NAME holds inputs that once found something.

FUZZERS	   := domain leg meta page store
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	      -fno-sanitize-recover=all -Wno-unused-command-line-argument

.PHONY: fuzzers fuzz
fuzzers: $(FUZZERS:%=$(B)/fuzz/%)

$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(call say,CC)
	$(Q)clang $(filter-out -W% -D_FORTIFY_SOURCE=2,$(ALL_CFLAGS)) $(XML_CFLAGS) \
		$(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

FUZZ_FOLDERS := host/trace host/store host/domain host/lib
$(foreach f,$(FUZZ_FOLDERS),$(eval $(B)/fuzz/$(f).a: $(SRC_$(f):%=$(B)/fuzz/obj/$(f)/%.o)))

$(FUZZ_FOLDERS:%=$(B)/fuzz/%.a):
	@mkdir -p $(@D)
	@rm -f $@
	@$(call say,AR)
	$(Q)ar rcs $@ $^

$(FUZZERS:%=$(B)/fuzz/%): $(B)/fuzz/%: $(B)/fuzz/obj/tests/fuzz/%.o $(FUZZ_FOLDERS:%=$(B)/fuzz/%.a)
	@$(call say,LD)
	$(Q)clang -fsanitize=fuzzer,address,undefined -o $@ $^ -Wl,--as-needed $(LIBS_ivring)

## fuzz: one fuzzer for a while [T=domain|leg|meta|page|store SECONDS=600]
T	?= store
SECONDS ?= 600
fuzz: check-deps $(B)/fuzz/$(T)
	@mkdir -p $(B)/fuzz/corpus-$(T)
	$(B)/fuzz/$(T) -max_total_time=$(SECONDS) -timeout=5 -rss_limit_mb=512 \
		-artifact_prefix=$(B)/fuzz/$(T)- $(B)/fuzz/corpus-$(T) \
		$(wildcard tests/fuzz/corpus/$(T))

-include $(wildcard $(B)/fuzz/obj/*/*/*.d)
