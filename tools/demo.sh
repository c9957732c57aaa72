#!/usr/bin/env bash
# Sets everything up, then trains SONA-Net and KVM-MN on drawn pedestrians, evaluates them and writes
# pictures. Last it tells the command that opens the demo's network as a page in the browser.
# Arguments go to `tfreid demo`.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
"$root/tools/setup.sh"
cd -- "$root"
exec .venv/bin/python -m tfreid.demo "$@"
