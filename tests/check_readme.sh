#!/bin/sh
# check_readme.sh README HOPLAB: runs the README's first yaml block as scenario.yaml, and looks for
# every line of the fenced block behind "Real output" in what it prints, in that order.
set -eu
readme=$1
hoplab=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
awk '/^```yaml$/ { inside = 1; next } inside && /^```$/ { exit } inside' "$readme" \
  > "$scratch/scenario.yaml"
awk '/^<!-- Real output/ { armed = 1; next } inside && /^```$/ { exit } inside
     armed && /^```$/ { inside = 1 }' "$readme" > "$scratch/shown"
[ -s "$scratch/scenario.yaml" ] && [ -s "$scratch/shown" ]
(cd "$scratch" && "$hoplab" run --no-recording scenario.yaml) > "$scratch/printed"
awk 'NR == FNR { printed[NR] = $0; count = NR; next }
     $0 == "" { next }
     {
       while (++at <= count && printed[at] != $0);
       if (at > count) { print "not printed (or not here): " $0; exit 1 }
     }' "$scratch/printed" "$scratch/shown"
