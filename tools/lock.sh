#!/usr/bin/env bash
# Writes requirements.lock anew from requirements.txt and requirements-dev.txt: every package below
# them, with hashes, for Python 3.9 to 3.11. Needs uv. Arguments go to `uv pip compile`, for example
# `--upgrade-package rich`; versions already in the lock stay otherwise.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
new=$(mktemp requirements.lock.XXXXXX)
trap 'rm -f -- "$new" "$new.body"' EXIT
cat >"$new" <<'HEADER'
# Made by tools/lock.sh. Everything that requirements.txt and requirements-dev.txt need, with hashes,
# for Python 3.9 to 3.11. The list is complete, so nothing is left to resolve, and pip older than
# 23.3 cannot resolve extras under hashes:
#
#     pip install --no-deps --require-hashes -r requirements.lock

HEADER
cp requirements.lock "$new.body" 2>/dev/null || true
uv pip compile --quiet --universal --python-version 3.9 --fork-strategy fewest --generate-hashes \
    --no-strip-extras --no-header "$@" requirements-dev.txt --output-file "$new.body" >/dev/null
cat "$new.body" >>"$new"
chmod 644 "$new"
mv -- "$new" requirements.lock
