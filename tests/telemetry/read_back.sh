#!/usr/bin/env bash
# OTLP files are read back by OpenTelemetry's own package for Node.js.
# usage: read_back.sh HOPLAB FOLDER SCENARIO; the package is installed in FOLDER, once.
# Exit code: 77 (skipped) where there is no Node.js, or nowhere to install the package from.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
hoplab=$1 folder=$2 scenario=$3

skip() { printf 'skipped: %s\n' "$*"; exit 77; }

command -v node > /dev/null || skip 'there is no node'
mkdir -p "$folder"
if [[ ! -d $folder/node_modules/protobufjs ]]; then
  command -v npm > /dev/null || skip 'there is no npm to install OpenTelemetry with'
  cp "$here"/otlp/{package.json,package-lock.json,.npmrc} "$folder"
  (cd "$folder" && npm ci > npm.log 2>&1) || skip "npm could not install OpenTelemetry ($folder/npm.log)"
fi
python3 "$here/check_scenarios.py" --hoplab "$hoplab" --node-modules "$folder/node_modules" "$scenario"
