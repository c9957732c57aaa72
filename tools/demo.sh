#!/usr/bin/env bash
# Sets everything up, then trains SONA-Net and KVM-MN on drawn pedestrians, evaluates them and writes
# pictures.
# Arguments go to `tfreid demo`.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
"$root/tools/setup.sh"
cd -- "$root"
exec .venv/bin/python -m tfreid.demo "$@"
