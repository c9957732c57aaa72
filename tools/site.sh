#!/usr/bin/env bash
# Builds the documentation in site/: open site/index.html. A warning is an error.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
tools/setup.sh
export TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-3}" # what TensorFlow says of its own is no warning
exec .venv/bin/python -m sphinx -W --keep-going -q -E -b html -c tools/site docs site "$@"
