#!/bin/sh
# check_example.sh FOLDER: runs FOLDER/run.sh and compares its output with FOLDER/expected.txt.
# With HOPLAB_APPROVE=1 it writes expected.txt instead.
set -eu
folder=$1
if [ "${HOPLAB_APPROVE:-}" = 1 ]; then
  "$folder/run.sh" > "$folder/expected.txt"
else
  "$folder/run.sh" | diff -u "$folder/expected.txt" -
fi
