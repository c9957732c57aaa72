#!/usr/bin/env bash
# Makes .venv/ with everything that tfreid needs: Python 3.9-3.11 and the packages of
# requirements.lock, checked by their hashes. Does nothing when nothing changed.
#
#     tools/setup.sh                           # from any folder
#     TFREID_PYTHON=/path/to/python3.10 tools/setup.sh
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
python=$venv/bin/python
stamp=$venv/tfreid.stamp           # written last: its absence means a half-made .venv
unfinished=$venv/tfreid.unfinished # written first: marks a half-made .venv as ours
log=$venv/tfreid.install.log

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# Everything that a finished .venv depends on. The folder counts too: a .venv cannot be moved.
describe_wanted() {
    printf 'folder %s\npython %s\n' "$root" "$1"
    cat -- "$root/requirements.lock" "$root/pyproject.toml" "${BASH_SOURCE[0]}"
}

# Prints the version of a Python, or nothing where it does not run (as a shim of pyenv may).
print_version() {
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || true
}

is_current() {
    [[ -f $stamp && -x $python ]] || return 1
    local version
    version=$(print_version "$python")
    [[ -z ${TFREID_PYTHON:-} || $version == "$(print_version "$TFREID_PYTHON")" ]] || return 1
    describe_wanted "$version" | cmp -s - "$stamp"
}

# Every Python on the PATH that could do, the newest first; a name may be there several times.
list_pythons() {
    if [[ -n ${TFREID_PYTHON:-} ]]; then
        printf '%s\n' "$TFREID_PYTHON"
    else
        local name
        for name in python3.11 python3.10 python3.9 python3 python; do type -aP "$name" || true; done
    fi
}

# Sets `base` to the first Python 3.9-3.11 that can make virtual environments.
find_python() {
    local candidate lacking=""
    while IFS= read -r candidate; do
        case $(print_version "$candidate") in 3.9.* | 3.10.* | 3.11.*) ;; *) continue ;; esac
        base=$candidate
        "$base" -c 'import ensurepip, venv' 2>/dev/null && return
        lacking=${lacking:-$candidate}
    done < <(list_pythons)
    if [[ -n $lacking ]]; then
        fail "$lacking has no venv module; install it (Debian, Ubuntu: apt install" \
            "python$(print_version "$lacking" | cut -d. -f1,2)-venv)."
    fi
    fail "no Python 3.9, 3.10 or 3.11 found${TFREID_PYTHON:+ at TFREID_PYTHON=$TFREID_PYTHON};" \
        "install one, or name it: TFREID_PYTHON=/path/to/python3.11 $0"
}

# Empties an old or half-made .venv. The folder itself stays: it may be a link to a larger disk.
remove_old() {
    [[ -e $venv ]] || return 0
    if [[ ! -e $stamp && ! -e $unfinished && -n $(ls -A -- "$venv") ]]; then
        fail "$venv was not made by tools/setup.sh; move it away."
    fi
    [[ ! -e $stamp ]] || say "requirements, Python or folder changed; making .venv anew."
    { : >"$unfinished"; } 2>/dev/null || fail "cannot write to $venv."
    find "$venv/" -mindepth 1 -maxdepth 1 ! -name "${unfinished##*/}" \
        -exec rm -rf -- {} + 2>/dev/null || fail "cannot empty $venv; remove it by hand."
}

# Prints how far pip is, one line per 20 packages, from what it says while it works.
show_progress() {
    awk -v all="$(grep -c '^[A-Za-z].*==' "$root/requirements.lock")" '
        /^(Collecting|Processing) / && ++n % 20 == 0 { print "setup:   " n " of about " all " packages" }
        /^Installing collected/ && n > 20 { print "setup:   installing them" }' >&2
}

install() {
    "$python" -m pip --disable-pip-version-check --no-input install --no-deps --progress-bar=off \
        "$@" 2>&1 | tee -a -- "$log" | show_progress
}

# Says in one line why pip failed; its own words stay in the log.
explain_failure() {
    local reason
    reason=$(grep -m1 '^ERROR: ' "$log" || tail -n1 "$log")
    if grep -qi 'no space left on device' "$log"; then
        reason="the disk is full; about 2.5 GB are needed in $root"
    elif grep -qE 'NewConnectionError|ConnectTimeout|ReadTimeout|NameResolution|ProxyError|SSLError|Network is unreachable|Connection (refused|reset)|timed out' "$log"; then
        reason="the package index cannot be reached; check the network or pip's proxy settings"
    fi
    fail "packages could not be installed: $reason (pip's words: $log)."
}

make_venv() {
    { mkdir -p -- "$venv" && : >"$unfinished"; } 2>/dev/null || fail "cannot write to $root."
    "$base" -m venv "$venv" >"$log" 2>&1 ||
        fail "$base cannot make a virtual environment: $(tail -n1 "$log")"
    # What builds source packages comes first, so that nothing unchecked is fetched to build them.
    awk '/^[A-Za-z]/ { keep = /^(setuptools|wheel)==/ } keep' "$root/requirements.lock" \
        >"$venv/tfreid.builders"
    install --require-hashes -r "$venv/tfreid.builders" &&
        install --require-hashes --no-build-isolation -r "$root/requirements.lock" &&
        install --no-build-isolation --editable "$root" || explain_failure
}

unset PYTHONHOME PYTHONPATH # another installation's packages must not leak in
export PIP_USER=0
is_current && exit
# One at a time: the second waits, and then finds the work done.
exec 9<"$root/requirements.lock"
if command -v flock >/dev/null && ! flock --nonblock 9; then
    say "another setup is at work here; waiting for it."
    flock 9
    ! is_current || exit 0
fi
find_python
remove_old
version=$(print_version "$base")
say "making .venv with Python $version ($base); about 600 MB to fetch, a few minutes."
started=$SECONDS
make_venv
describe_wanted "$(print_version "$python")" >"$stamp.new"
mv -- "$stamp.new" "$stamp"
rm -f -- "$unfinished" "$venv/tfreid.builders"
say "ready after $((SECONDS - started)) s."
