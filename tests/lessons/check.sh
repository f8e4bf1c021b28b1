#!/usr/bin/env bash
# A lesson's expectations hold, and they fail when its fault is taken out: so they test the fault.
# usage: check.sh HOPLAB SCENARIO   (HOPLAB_LESSON_ONCE: with its fault only)
set -euo pipefail
hoplab=$1 scenario=$2
folder=$(dirname "$scenario")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$hoplab" run "$scenario" -o "$scratch/with" > "$scratch/with.txt" || {
  cat "$scratch/with.txt"
  echo "an expectation of $scenario does not hold"
  exit 1
}
grep -q '^faults:' "$scenario" && [[ -z ${HOPLAB_LESSON_ONCE:-} ]] || exit 0
# In a copy of the folder, for its artefacts: other tests walk through the original at this moment.
cp -r "$folder" "$scratch/folder"
bare=$scratch/folder/without-fault.yaml
awk '/^faults:/ { skip = 1; next } /^[^ #]/ { skip = 0 } !skip' "$scenario" > "$bare"
status=0
"$hoplab" run "$bare" -o "$scratch/without" > "$scratch/without.txt" || status=$?
if [[ $status != 1 ]]; then
  cat "$scratch/without.txt"
  echo "without its fault $scenario exits $status, not 1: its expectations do not see the fault"
  exit 1
fi
