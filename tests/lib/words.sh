# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# words.sh - speak for the reader
#
#	words_begin vm --socket /run/ivring/vm/reader.sock	# on A
#	say attach			# a command of tests/tools/hostwords.py
#	has state '"attached"'		# its answer: a key and its value as JSON
#	words_judge vm			# all that was taken, against $LAB_DIR/vm.truth
#	words_end

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

# reply PATH COMMAND…: out of the answer, see jsonpath.py
reply() {
	say "${@:2}"
	json "$1" <<<"$words_answer"
}

# has KEY VALUE: does the last answer say so? VALUE is JSON, of one kind of white space
has() {
	json --any "$(json "" <<<"$2")" "$1" <<<"$words_answer" ||
		fail "line ${BASH_LINENO[0]}: $1 is not $2: $words_answer"
}

words__all() {
	say judge
	"$TOP/tests/tools/words_account.py" "$LAB_DIR/$1.truth" <<<"$words_answer"
}

# words_judge VM: each record that was written was taken, once
words_judge() {
	say put flush
	say answered
	wait_for 20 words__all "$1" || { words__all "$1"; fail "$1"; }
	words__all "$1"
}
