#!/bin/sh
# check_example.sh FOLDER: runs FOLDER/run.sh and compares its output with FOLDER/expected.txt. What
# FOLDER/README.md shows in blocks that begin with a prompt ("$ ") must stand there, too, line by line
# and in that order. With HOPLAB_APPROVE=1 it writes expected.txt instead.
set -eu
folder=$1
if [ "${HOPLAB_APPROVE:-}" = 1 ]; then
  "$folder/run.sh" > "$folder/expected.txt"
else
  "$folder/run.sh" | diff -u "$folder/expected.txt" -
fi
awk 'NR == FNR { printed[NR] = $0; count = NR; next }
     /^```/ { inside = !inside; is_shown = 0; next }
     inside && /^\$ / { is_shown = 1 }
     !is_shown || $0 == "" { next }
     {
       while (++at <= count && printed[at] != $0);
       if (at > count) { print "not printed (or not here): " $0; exit 1 }
     }' "$folder/expected.txt" "$folder/README.md"
