#!/usr/bin/env bash
# Carries out the release checklist up to the upload, and stops at the first thing that is not right:
#
#     tools/release.sh 0.1.0
#
# 1. Everything is committed; version, changelog and citation name this version.
# 2. Both stacks' tests pass, and the site is built without a warning.
# 3. Wheel and sdist are built from the commit, and each wheel's Python gets it into an empty
#    environment, with the newest packages that pyproject.toml allows, and answers a search.
#
# What remains is told at the end. TFREID_SKIP_TESTS=1 leaves the second point out, for a try;
# TFREID_PYTHONS names Pythons by path where they are not found by their versions.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
version=${1:?usage: tools/release.sh VERSION}
pythons=${TFREID_PYTHONS:-3.10 3.11 3.12 3.13}
dist=$PWD/dist
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

say() { printf 'release: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

check_names() {
    [[ -z $(git status --porcelain) ]] || fail "there are changes that are not committed."
    grep -qx "__version__ = \"$version\"" tfreid/version.py ||
        fail "tfreid/version.py has another version than $version."
    grep -qx "version: $version" CITATION.cff || fail "CITATION.cff has another version."
    grep -qxE "## ${version//./\\.} \([0-9]{4}-[0-9]{2}-[0-9]{2}\)" CHANGELOG.md ||
        fail "CHANGELOG.md has no heading '## $version (YYYY-MM-DD)'."
}

run_tests() {
    local stack
    for stack in 3.11 3.12; do
        say "tests with Python $stack"
        TFREID_VENV=$PWD/.venv-release-$stack TFREID_PYTHON=$stack tools/test.sh -q
    done
}

build() {
    rm -rf -- "$dist"
    # From the commit: what git ignores must not get in.
    mkdir -- "$scratch/tree"
    git archive HEAD | tar -x -C "$scratch/tree"
    .venv/bin/uv build --quiet --no-build-isolation --python "$PWD/.venv/bin/python" \
        --out-dir "$dist" "$scratch/tree"
}

# Installs a file of dist/ into an empty environment and searches there, in a folder of its own.
try() {
    local file=$1 python=$2 place
    place=$(mktemp -d -- "$scratch/XXXX")
    say "${file##*/} with Python $python"
    .venv/bin/uv venv --quiet --python "$python" "$place/venv"
    .venv/bin/uv pip install --quiet --python "$place/venv/bin/python" "$file"
    (
        cd -- "$place"
        [[ $(venv/bin/tfreid --version) == "tfreid $version" ]] || fail "another version answers."
        venv/bin/python - <<'PYTHON'
from tfreid.pedestrians import SyntheticSettings, write_synthetic

settings = SyntheticSettings(train_ids=1, test_ids=2, distractors=0, junk=0)
write_synthetic("people", settings)
PYTHON
        venv/bin/tfreid search --model=tfreid_small --index=I --add=people/bounding_box_test
        venv/bin/tfreid search --model=tfreid_small --index=I --query=people/query --out=sheet.html
        [[ -s sheet.html ]] || fail "no sheet was written."
    )
    rm -rf -- "$place"
}

check_names
tools/setup.sh
if [[ -z ${TFREID_SKIP_TESTS:-} ]]; then
    run_tests
    tools/site.sh
fi
build
for python in $pythons; do
    try "$dist"/*.whl "$python"
done
try "$dist"/*.tar.gz 3.11
say "$version is ready in dist/. What remains: git tag v$version, push it, and upload dist/*."
