# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# help.sh "$@" - sourced by a script that people call: its head is its --help
#
# script_help prints it; with --help or -h as first argument that is all it does.

script_help() { sed -n '4,/^[^#]\|^$/s/^# \{0,1\}//p' "$0"; }

case ${1:-} in
--help|-h)
	script_help
	exit 0 ;;
esac
