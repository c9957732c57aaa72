#!/usr/bin/env bash
# Writes requirements.lock anew from requirements.txt and requirements-dev.txt: every package below
# them, with hashes, for Python 3.10 to 3.13. Arguments go to `uv pip compile`, for example
# `--upgrade-package rich`; versions already in the lock stay otherwise.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
tools/setup.sh
new=$(mktemp requirements.lock.XXXXXX)
trap 'rm -f -- "$new" "$new.body"' EXIT
cat >"$new" <<'HEADER'
# Made by tools/lock.sh. Everything that requirements.txt and requirements-dev.txt need, with hashes,
# for Python 3.10 to 3.13. The list is complete, so nothing is left to resolve:
#
#     pip install --no-deps --require-hashes -r requirements.lock

HEADER
cp requirements.lock "$new.body"
.venv/bin/uv pip compile --quiet --universal --python-version 3.10 --fork-strategy fewest \
    --generate-hashes --no-header "$@" requirements-dev.txt \
    --output-file "$new.body" >/dev/null
cat "$new.body" >>"$new"
chmod 644 "$new"
mv -- "$new" requirements.lock
