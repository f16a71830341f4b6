#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: every option of every command is in its --help and in its man page, and nowhere else

set -eu
cd "$(dirname "$0")/../.."
status=0 commands=0 options=0
bad() { echo "$*"; status=1; }

# The options' column of --help, not the words that explain them
of_help() {
	"$@" --help | sed -nE 's/^ +(-[a-zA-Z0-9], )?(--[a-z0-9-]+).*/\1\2/p' |
		grep -oE -- '-[a-zA-Z0-9]\b|--[a-z0-9-]+' | grep -vxE -- '--(help|version)' | sort -u
}

# ".It Fl j , -json Ar FILE": -j and --json
of_page() {
	awk '/^\.It Fl / {
		for (i = 3; i <= NF && $i != "Ar" && $i != "Cm"; i++)
			if ($i != "Fl" && $i != ",")
				print "-" $i
	}' "$1" | grep -vxE -- '--(help|version)' | sort -u
}

# same PAGE COMMAND…
same() {
	local page=$1 help

	shift
	[ -f "$page" ] || { bad "$*: no man page $page"; return; }
	"$@" --version >/dev/null || bad "$*: no --version"
	help=$(of_help "$@")
	commands=$((commands + 1))
	options=$((options + $(grep -c . <<<"$help" || true)))
	diff <(echo "$help") <(of_page "$page") >"$work/diff" ||
		bad "$* --help (<) and $page (>) differ: $(grep '^[<>]' "$work/diff" | tr '\n' ' ')"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

same host/server/ivring-server.8 build/bin/ivring-server
same host/reader/ivring-reader.8 build/bin/ivring-reader
same migration/watch/ivring-watch.8 build/bin/ivring-watch
same guest/tools/ivring-meta.8 build/bin/ivring-meta
while read -r command; do
	case $command in
	hook)		page=host/cli/ivring-hook.8 ;;
	migrate)	page=migration/move/ivring-migrate.1 ;;
	help|version)	continue ;;
	*)		page=host/cli/ivring-$command.1 ;;
	esac
	same "$page" build/bin/ivring "$command"
done < <(build/bin/ivring help | sed -n 's/^  \([a-z]*\) .*/\1/p')

# What a user meets first names all of them.
for page in $(git ls-files '*.1' '*.8'); do
	name=$(basename "${page%.[18]}")
	[ "$name" = ivring ] || grep -qE "^\.(Xr|It Xr) $name " host/cli/ivring.1 || bad "ivring(1) does not name $name"
done

[ "$commands" -ge 12 ] || bad "only $commands commands were looked at"
[ "$status" != 0 ] || echo "$commands commands, $options options"
exit "$status"
