#!/bin/sh
# check_readme.sh README HOPLAB: runs the README's first yaml block as scenario.yaml, and looks for
# every line of the fenced block behind "Real output" in what it prints, in that order; and for those
# behind "Real diagnosis" in what `hoplab diagnose` says of its recording.
set -eu
readme=$1
hoplab=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# shown TITLE: the fenced block behind the comment of that title.
shown() {
  awk -v title="^<!-- $1" '$0 ~ title { armed = 1; next } inside && /^```$/ { exit } inside
    armed && /^```$/ { inside = 1 }' "$readme"
}

# holds PRINTED SHOWN: every line of SHOWN stands in PRINTED, in that order.
holds() {
  [ -s "$2" ]
  awk 'NR == FNR { printed[NR] = $0; count = NR; next }
       $0 == "" { next }
       {
         while (++at <= count && printed[at] != $0);
         if (at > count) { print "not printed (or not here): " $0; exit 1 }
       }' "$1" "$2"
}

awk '/^```yaml$/ { inside = 1; next } inside && /^```$/ { exit } inside' "$readme" \
  > "$scratch/scenario.yaml"
cd "$scratch"
"$hoplab" run -o recording scenario.yaml > printed
"$hoplab" diagnose recording > diagnosis
shown 'Real output' > shown
holds printed shown
shown 'Real diagnosis' > shown
holds diagnosis shown
