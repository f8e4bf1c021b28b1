#!/usr/bin/env bash
# OpenTelemetry's own package for Node.js, installed in a folder, once.
# usage: install.sh FOLDER. Exit code: 77 where there is no Node.js, or nowhere to install from.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1

skip() { printf 'skipped: %s\n' "$*"; exit 77; }

command -v node > /dev/null || skip 'there is no node'
mkdir -p "$folder"
[[ -d $folder/node_modules/protobufjs ]] && exit 0
command -v npm > /dev/null || skip 'there is no npm to install OpenTelemetry with'
cp "$here"/{package.json,package-lock.json,.npmrc} "$folder"
(cd "$folder" && npm ci > npm.log 2>&1) ||
  skip "npm could not install OpenTelemetry ($folder/npm.log)"
