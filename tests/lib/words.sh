# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# words.sh - speak for the reader; source it in place of traced.sh
#
#	words_begin vm --socket /run/ivring/vm/reader.sock	# on A
#	say attach			# a command of tests/tools/hostwords.py
#	has state '"attached"'		# its answer: a key and its value as JSON
#	words_judge vm			# all that was taken, against $LAB_DIR/vm.truth
#	words_end

# shellcheck source-path=SCRIPTDIR source=traced.sh
. "$(dirname "${BASH_SOURCE[0]}")/traced.sh"

words_answer=

# words_begin VM ARGUMENT…: those of hostwords.py
words_begin() {
	coproc WORDS { lab_in A "$TOP/tests/tools/hostwords.py" \
		--state "$LAB_DIR/$1.taken" "${@:2}" 2>"$LAB_DIR/words.err"; }
	exec {words_in}<&"${WORDS[0]}" {words_out}>&"${WORDS[1]}"
	# shellcheck disable=SC2153 # bash sets it
	words_pid=$WORDS_PID
}

# words_end: it has gone, what was taken is kept
words_end() {
	echo quit >&"$words_out"
	wait "$words_pid" || { cat "$LAB_DIR/words.err"; fail "hostwords.py"; }
	exec {words_in}<&- {words_out}>&-
}

# tell COMMAND…: without waiting for its answer
tell() { echo "$*" >&"$words_out"; }

# hear: the next answer
hear() {
	read -r -t 90 words_answer <&"$words_in" || {
		cat "$LAB_DIR/words.err"
		fail "line ${BASH_LINENO[0]}: no answer"
	}
}

say() {
	tell "$@"
	hear
}

# reply EXPRESSION COMMAND…: of the answer d
reply() {
	say "${@:2}"
	python3 -c 'import json, sys
d = json.loads(sys.argv[1])
print(eval(sys.argv[2]))' "$words_answer" "$1"
}

# has KEY VALUE: does the last answer say so?
has() {
	python3 -c 'import json, sys
d = json.loads(sys.argv[1])
sys.exit(d.get(sys.argv[2]) != json.loads(sys.argv[3]))' "$words_answer" "$1" "$2" ||
		fail "line ${BASH_LINENO[0]}: $1 is not $2: $words_answer"
}

# kill_reader: on A, for good
kill_reader() {
	local pid

	wait_for 20 lab_in A test -e /run/ivring/vm/reader.pid || fail "no reader"
	pid=$(pid_of A vm reader)
	lab_in A kill -KILL "$pid"
	wait_for 10 words__gone "$pid" || fail "the reader does not die"
}

words__gone() { ! lab_in A kill -0 "$1" 2>/dev/null; }

words__all() {
	say judge
	python3 -c 'import json, sys
d = json.loads(sys.argv[1])
truth = dict((line.split()[1], line.split()) for line in open(sys.argv[2]) if "tried" in line)
bad = list(d["faults"])
for w, t in truth.items():
    got = d["writers"].get(w, {"number": 0})["number"]
    if got != int(t[3]) - int(t[5]):
        bad.append(f"writer {w}: tried {t[3]}, refused {t[5]}, found {got}")
print("\n".join(bad) or "# %d records, %d declared lost in %d gaps" %
      (d["records"], d["declared"], d["gaps"]))
sys.exit(bool(bad or not truth))' "$words_answer" "$LAB_DIR/$1.truth"
}

# words_judge VM: each record that was written was taken, once
words_judge() {
	say put flush
	say answered
	wait_for 20 words__all "$1" || { words__all "$1"; fail "$1"; }
	words__all "$1"
}
