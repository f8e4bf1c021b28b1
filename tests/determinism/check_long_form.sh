#!/usr/bin/env bash
# Every shipped scenario, written out in the long form, runs to the same bytes. Compares all files of
# the two recordings; of those that name the scenario's file, its lines or its digest, the rest.
# usage: check_long_form.sh HOPLAB SCENARIOS_DIR
set -euo pipefail
export LC_ALL=C
hoplab=$(readlink -f "$1") scenarios=$(readlink -f "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# record SCENARIO DIR: an expectation may fail in a shortened run.
record() {
  "$hoplab" run "$1" -o "$2" > "$scratch/text" 2>&1 || [[ $? == 1 ]] ||
    { cat "$scratch/text" >&2; exit 1; }
  rm -rf "$2/truth" "$2/MANIFEST.json"
  sed -Ei 's/"(file|digest)":"[^"]*"/"\1":""/g; s/"line":[0-9]+/"line":0/g' \
    "$2/expectations.json" "$2/summary.json"
}

# A copy, so that a few minutes may stand for hours; artefacts lie beside both forms.
cp -r "$scenarios" "$scratch/scenarios"
cd "$scratch/scenarios"
find . -name '*.yaml' -exec sed -Ei 's/^duration: ([0-9]+h|[0-9]{2,}m)$/duration: 10m/' {} +
mapfile -t files < <(find . -name '*.yaml' | sort)
((${#files[@]} >= 20)) || { echo "only ${#files[@]} scenarios"; exit 1; }

failed=0
for file in "${files[@]}"; do
  long=${file%.yaml}.long.yaml
  "$hoplab" explain --long "$file" > "$long"
  "$hoplab" explain --long "$long" | cmp - "$long" || { echo "$file: not written out whole"; failed=1; }
  # Nothing is recorded without telemetry.
  grep -q '^telemetry: none' "$file" && continue
  rm -rf "$scratch/short" "$scratch/long"
  record "$file" "$scratch/short"
  record "$long" "$scratch/long"
  diff -r "$scratch/short" "$scratch/long" > "$scratch/diff" ||
    { echo "$file: the long form gives other bytes"; head -c 2000 "$scratch/diff"; failed=1; }
done
exit $failed
