# SPDX-License-Identifier: GPL-2.0
# Benchmarks: `make bench` builds, runs and prints a table; figures go to
# build/bench.json.

BENCH_BIN    := $(B)/bench
BENCH_CFLAGS  = $(ALL_CFLAGS) -Iguest/module -Ibench
BENCH_PROGS  := bench-ring-rdtsc bench-ring-mono bench-lttng

$(BENCH_BIN)/bench-ring-rdtsc: BENCH_CLOCK :=
$(BENCH_BIN)/bench-ring-mono: BENCH_CLOCK := -include bench/clock_mono.h \
	-DCLOCK_NAME='"mono"'

$(BENCH_BIN)/bench-ring-%: guest/module/ring.c guest/module/segment.c \
		bench/native.c bench/bench.c bench/bench.h bench/clock_mono.h \
		$(wildcard guest/module/ring*.h) guest/module/segment.h \
		guest/uapi/ivr_wire.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) $(BENCH_CLOCK) $(ALL_LDFLAGS) -o $@ \
		$(filter %.c,$^)

# Its macros define functions without prototypes.
$(BENCH_BIN)/bench-lttng: bench/lttng.c bench/bench.c bench/bench.h \
		bench/lttng_tp.h
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -Wno-missing-prototypes $(ALL_LDFLAGS) -o $@ \
		$(filter %.c,$^) -llttng-ust -ldl

.PHONY: bench-programs
bench-programs: $(BENCH_PROGS:%=$(BENCH_BIN)/%)

## bench: cost of a record, beside LTTng-UST (native) and ftrace (guest)
bench:
	packaging/deps.sh bench
	@$(MAKE) --no-print-directory bench-programs lab-modules \
		$(B)/bin/ivring-server >$(LOG) 2>&1 || { tail -n 30 $(LOG); exit 1; }
	@bench/run.sh

## bench-blackout: what tracing adds to the time a guest is out [ROUNDS=10]
bench-blackout: check-deps
	@bench/blackout.sh

## bench-final-pass: what the rings add to the last pass of a migration
bench-final-pass: check-deps
	@bench/final_pass.sh

.PHONY: bench-blackout bench-final-pass
