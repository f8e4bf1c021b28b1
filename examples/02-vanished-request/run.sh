#!/bin/sh
# Prints what expected.txt holds. HOPLAB names a built hoplab; without it, ./dev builds one.
set -eu
cd "$(dirname "$0")"
exec ${HOPLAB:-../../dev hoplab} run --no-recording scenario.yaml
