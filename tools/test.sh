#!/usr/bin/env bash
# Sets everything up and runs all checks: lint, format, tests. Arguments go to pytest:
#
#     tools/test.sh
#     tools/test.sh tests/data -k sampler
#     tools/test.sh -n 0 --pdb tests/errors_test.py
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
tools/setup.sh
bin=${TFREID_VENV:-$PWD/.venv}/bin
"$bin/ruff" check --quiet .
"$bin/ruff" format --check --quiet . ||
    { echo "test: run .venv/bin/ruff format" >&2 && exit 1; }

# Where it is set, each process that a test starts compiles all that it imports.
unset PYTHONDONTWRITEBYTECODE

# One more than there are cores, since some tests wait for the processes that they start. Each worker
# takes 1 to 1.5 GB with TensorFlow: more than four gain little. Files stay in the order of
# tests/conftest.py: by their number of tests, few and long ones would come last.
workers=$("$bin/python" -c 'import os; print(min(4, len(os.sched_getaffinity(0)) + 1))')
exec "$bin/python" -m pytest --numprocesses "$workers" --dist loadfile \
    --no-loadscope-reorder "$@"
