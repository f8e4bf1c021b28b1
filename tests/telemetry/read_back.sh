#!/usr/bin/env bash
# OTLP files are read back by OpenTelemetry's own package for Node.js.
# usage: read_back.sh HOPLAB FOLDER SCENARIO; the package is installed in FOLDER, once.
# Exit code: 77 (skipped) where there is no Node.js, or nowhere to install the package from.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
hoplab=$1 folder=$2 scenario=$3

bash "$here/otlp/install.sh" "$folder"
python3 "$here/check_scenarios.py" --hoplab "$hoplab" --node-modules "$folder/node_modules" "$scenario"
