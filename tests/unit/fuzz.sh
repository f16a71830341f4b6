#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: each fuzzer, half a minute from its corpus: no crash, no hang, no memory
# timeout: 300
#
# Longer: make fuzz T=store SECONDS=3600

set -u
cd "$(dirname "$0")/../.." || exit
: "${B:=build}" "${FUZZ_SECONDS:=30}"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0
for fuzzer in domain leg meta page store; do
	mkdir "$dir/$fuzzer"
	corpus=()
	[ ! -d "tests/fuzz/corpus/$fuzzer" ] || corpus=("tests/fuzz/corpus/$fuzzer")
	number=$((number + 1))
	if "$B/fuzz/$fuzzer" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=512 \
		-artifact_prefix="$dir/$fuzzer-" "$dir/$fuzzer" ${corpus[@]+"${corpus[@]}"} \
		>"$dir/log" 2>&1; then
		echo "ok $number - $fuzzer: $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$dir/log") runs"
	else
		echo "not ok $number - $fuzzer"
		grep -E 'ERROR|runtime error|SUMMARY' "$dir/log" | sed 's/^/# /'
		for input in "$dir/$fuzzer"-*; do
			[ -f "$input" ] || continue
			echo "# keep it as tests/fuzz/corpus/$fuzzer/…: base64 -d <<<$(base64 -w 0 "$input")"
		done
	fi
done
echo "1..$number"
