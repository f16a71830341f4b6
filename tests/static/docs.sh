#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# description: every file, test case and function that the documentation names is in the tree

cd "$(dirname "$0")/../.." && exec tests/tools/docs_names.py README.md CONTRIBUTING.md docs/*.md
