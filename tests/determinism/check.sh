#!/usr/bin/env bash
# Same scenario, same seed: same bytes. Runs every shipped scenario and compares the digest of all
# files of its recording with the committed one, so that another compiler, optimisation level or
# machine checks itself; then again under another time zone, locale and CPU.
# usage: check.sh HOPLAB CANARY DIGESTS SCENARIOS_DIR   (HOPLAB_APPROVE=1 writes DIGESTS anew)
set -euo pipefail
export LC_ALL=C
hoplab=$(readlink -f "$1") canary=$(readlink -f "$2") digests=$(readlink -f "$3") scenarios=$(readlink -f "$4")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
old_cpu=glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4,-AVX2_Usable,-FMA_Usable,-FMA4_Usable

# Everything but the manifest and the summary, which name the version that wrote them.
digest_of() {
  (cd "$1" && find . -type f ! -name MANIFEST.json ! -name summary.json -print0 | sort -z |
    xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

# digest SCENARIO [VAR=VALUE...]: of a run in that environment.
digest() {
  local scenario=$1
  shift
  rm -rf "$scratch/out"
  # An expectation may fail in the shortened run: its bytes count, not its verdict.
  env "$@" "$hoplab" run "$scenario" -o "$scratch/out" > "$scratch/text" 2>&1 || [[ $? == 1 ]] ||
    { cat "$scratch/text" >&2; exit 1; }
  digest_of "$scratch/out"
}

# A copy, so that ten minutes of a closed form may stand for its hours.
cp -r "$scenarios" "$scratch/scenarios"
find "$scratch/scenarios" -name '*.yaml' -exec sed -Ei 's/^duration: [0-9]+h$/duration: 10m/' {} +
cd "$scratch/scenarios"
mapfile -t files < <(find . -name '*.yaml' | sort)
((${#files[@]} >= 20)) || { echo "only ${#files[@]} scenarios"; exit 1; }

failed=0
: > "$scratch/new"
for file in "${files[@]}"; do
  plain=$(digest "$file")
  odd=$(digest "$file" TZ=Asia/Kathmandu LC_ALL=tr_TR.UTF-8 LANG=de_DE GLIBC_TUNABLES=$old_cpu)
  echo "$plain  ${file#./}" >> "$scratch/new"
  [[ $plain == "$odd" ]] || { echo "$file: another environment gives other bytes"; failed=1; }
done

if [[ ${HOPLAB_APPROVE:-} == 1 ]]; then
  cp "$scratch/new" "$digests"
  exit 0
fi
diff -u "$digests" "$scratch/new" || { echo 'bytes differ from the committed digests'; failed=1; }

one=$(digest "${files[0]}" HOPLAB_NOTHING=1)
rm -rf "$scratch/out"
"$hoplab" run "${files[0]}" --seed 4711 -o "$scratch/out" > /dev/null || [[ $? == 1 ]]
[[ $(digest_of "$scratch/out") != "$one" ]] || { echo 'another seed gives the same bytes'; failed=1; }

if [[ $("$canary") == "$(GLIBC_TUNABLES=$old_cpu "$canary")" ]]; then
  echo 'note: on this CPU libm answers the same under the tunables; that part of the test is void'
fi
exit $failed
