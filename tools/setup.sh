#!/usr/bin/env bash
# Makes .venv/ with the packages of requirements.lock, checked by their hashes, for the first of these
# Pythons that is here: 3.11, 3.10, 3.12, 3.13. Where none of them is, uv brings one. Does nothing
# when nothing changed.
#
#     tools/setup.sh                                       # from any folder
#     TFREID_PYTHON=3.12 tools/setup.sh                    # or the path of a Python
#     TFREID_VENV=/elsewhere/venv tools/setup.sh
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=${TFREID_VENV:-$root/.venv}
stamp=$venv/tfreid.stamp           # written last: its absence means a half-made .venv
unfinished=$venv/tfreid.unfinished # written first: marks a half-made .venv as ours
pythons=${TFREID_PYTHON:-3.11 3.10 3.12 3.13}

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# Everything that a finished .venv depends on. The folder counts too: a .venv cannot be moved.
describe_wanted() {
    printf 'folder %s\npythons %s\n' "$root" "${TFREID_PYTHON:-}"
    cat -- "$root/requirements.lock" "$root/pyproject.toml" "${BASH_SOURCE[0]}"
}

is_current() { [[ -x $venv/bin/python ]] && describe_wanted | cmp -s - "$stamp"; }

# Empties an old or half-made .venv. The folder itself stays: it may be a link to a larger disk.
empty_venv() {
    if [[ -e $venv && ! -e $stamp && ! -e $unfinished && -n $(ls -A -- "$venv") ]]; then
        fail "$venv was not made by tools/setup.sh; move it away."
    fi
    [[ ! -e $stamp ]] || say "requirements, Python or folder changed; making .venv anew."
    { mkdir -p -- "$venv" && : >"$unfinished"; } || fail "cannot write to $venv."
    find "$venv/" -mindepth 1 -maxdepth 1 ! -name "${unfinished##*/}" -exec rm -rf -- {} +
}

# Sets `uv` to a working uv: one that is here, or that of the lock, installed aside by any Python 3.
find_uv() {
    uv=uv
    ! uv --version >/dev/null 2>&1 || return 0
    awk '/^[A-Za-z]/ { keep = /^uv==/ } keep' "$root/requirements.lock" >"$venv/uv.lock"
    { python3 -m venv "$venv/uv" && "$venv/uv/bin/python" -m pip --disable-pip-version-check --quiet \
        install --require-hashes -r "$venv/uv.lock"; } >&2 ||
        fail "uv is missing, and python3 cannot install it (see above); install uv, or python3-venv."
    uv=$venv/uv/bin/uv
    # uv does not read pip's settings: an index that is named there serves it, too.
    local index=${PIP_INDEX_URL:-}
    [[ -n $index ]] ||
        index=$("$venv/uv/bin/python" -m pip config get global.index-url 2>/dev/null) || true
    [[ -z $index ]] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
}

# Sets `python` to the first one wanted that is here; else to what uv downloads.
find_python() {
    local wanted
    for wanted in $pythons; do
        ! python=$("$uv" python find --system --no-project --no-python-downloads "$wanted" 2>/dev/null) ||
            return 0
    done
    python=${pythons%% *}
    "$uv" python install "$python" >"$venv/uv.log" 2>&1 ||
        fail "no Python of $pythons is here, and uv cannot bring one ($(tail -n 1 "$venv/uv.log" |
            sed 's/^ *cause: //')); install Python $python, or name one: TFREID_PYTHON=python$python"
}

install() {
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation "$@"
}

unset PYTHONHOME PYTHONPATH # another installation's packages must not leak in
! is_current || exit 0
# One at a time: the second waits, and then finds the work done.
exec 9<"$root/requirements.lock"
if command -v flock >/dev/null && ! flock --nonblock 9; then
    say "another setup is at work here; waiting for it."
    flock 9
    ! is_current || exit 0
fi
empty_venv
find_uv
find_python
say "making .venv with $python; about 600 MB to fetch, a few minutes."
started=$SECONDS
"$uv" venv --quiet --allow-existing --python "$python" "$venv" >&2
# What builds source packages comes first, so that nothing unchecked is fetched to build them.
awk '/^[A-Za-z]/ { keep = /^(setuptools|wheel)==/ } keep' "$root/requirements.lock" \
    >"$venv/builders.lock"
# Compiled once here: else each process would, of those that begin at the same time, and of those
# that may not write into it. TensorFlow alone takes three times as long to import then.
install --require-hashes -r "$venv/builders.lock" &&
    install --require-hashes --compile-bytecode -r "$root/requirements.lock" &&
    install --editable "$root" ||
    fail "packages could not be installed in $root (see above): 2.5 GB of disk and a package index" \
        "are needed."
describe_wanted >"$stamp.new"
mv -- "$stamp.new" "$stamp"
rm -rf -- "$unfinished" "$venv"/uv "$venv"/*.lock "$venv"/*.log
say "ready after $((SECONDS - started)) s."
