#!/bin/sh
# Prints what expected.txt holds. HOPLAB names a built hoplab; without it, ./dev builds one.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"

hoplab() { ${HOPLAB:-"$root/dev" hoplab} "$@"; }
# Prints the command, then what it says.
step() {
  printf '$ %s\n' "$1"
  eval "$1"
  printf '\n'
}

hoplab run "$root/scenarios/talk_microservices.yaml" -o shop > run.txt
step 'hoplab map shop'
step 'hoplab map shop --matrix'
step "hoplab traces shop 'service(\"payments\") { fault }' --limit 3"
step "hoplab traces shop 'ok AND responsetime > 1' --limit 3"
step "hoplab traces shop --id 1-695ba7ed-adc309ef4ecae354f5d3337f | sed '/^Other log lines/,\$d'"
step "hoplab logs query shop 'filter source = \"stderr\" and log like \"98dadbe0-8f12-9d4f\"
    | parse log /\"msg\":\"(?<bug>[^\"]*)\"/ | display ecs_task_definition, bug'"
step "hoplab logs query shop 'filter log like \"/stars\" and log like \"request handled\"
    | fields jsonParse(log) as line
    | stats count(*) as answers, max(line.durationMs) as slowest_ms by ecs_task_definition'"
