"""Pins, ranges and the lock agree, and the code imports nothing that is not among them."""

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import tfreid
from tests.source_tree import list_imports, read_modules

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.9, 3.10; comes with pytest there
    import tomli as tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMED_BY_THE_MISSION = (
    ("tensorflow", "2.14.1"),
    ("tensorflow-addons", "0.23.0"),
    ("keras-cv", "0.9.0"),
    ("tf-slim", "1.1.0"),
    ("numpy", "1.26.4"),
    ("absl-py", "1.4.0"),
)
PACKAGES_OF_OTHER_NAMES = {
    "PIL": "Pillow",
    "absl": "absl-py",
    "faiss": "faiss-cpu",
    "google": "protobuf",
    "grpc": "tensorflow-serving-api",
    "tensorboard": "tensorflow",
    "tensorflow_serving": "tensorflow-serving-api",
}


def _read_pins(name):
    """Returns {package: version} of one requirements file, without what it includes."""
    pins = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-")):
            package, version = re.fullmatch(r"([\w.-]+)==([\w.]+)", line).groups()
            pins[canonicalize_name(package)] = version
    return pins


def _read_lock():
    """Returns {package: (version, number of hashes)} of the lock."""
    found, current = {}, None
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        match = re.match(r"([\w.-]+)(?:\[[^]]*\])?==([^ ;]+)", line)
        if match:
            current = canonicalize_name(match.group(1))
            assert current not in found, f"{current} is locked twice"
            found[current] = [match.group(2), 0]
        elif re.match(r"    --hash=sha256:[0-9a-f]{64}\b", line):
            found[current][1] += 1
        else:
            assert re.match(r"#|    #|$", line), line
    return found


def _name_package(module):
    return canonicalize_name(PACKAGES_OF_OTHER_NAMES.get(module, module))


def _read_ranges():
    """Returns {package: range} of the dependencies that the wheel declares."""
    requirements = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    return {canonicalize_name(item.name): item.specifier for item in requirements}


@pytest.mark.parametrize("package, version", NAMED_BY_THE_MISSION)
def test_the_packages_of_the_stack_are_pinned(package, version):
    assert _read_pins("requirements.txt")[package] == version


def test_every_pin_is_in_the_lock_with_its_version():
    lock = _read_lock()
    pins = {**_read_pins("requirements.txt"), **_read_pins("requirements-dev.txt")}
    assert {name: lock[name][0] for name in pins} == pins


def test_everything_locked_has_hashes():
    lock = _read_lock()
    assert len(lock) > 60
    assert not [name for name, (_, hashes) in lock.items() if not hashes]


def test_every_pin_lies_in_the_range_that_the_wheel_declares():
    pins, ranges = _read_pins("requirements.txt"), _read_ranges()
    assert set(ranges) == set(pins)
    for name, allowed in ranges.items():
        assert Version(pins[name]) in allowed, f"{name}=={pins[name]} is not in {allowed}"


def test_the_library_imports_only_what_the_wheel_declares():
    """torch reads .pth files, and is imported where one is given, never at the top of a module."""
    declared = set(_read_ranges())
    for path, module in read_modules().items():
        if not path.startswith("tfreid/"):
            continue
        surplus = {_name_package(name) for name in module.external} - declared
        assert surplus <= {"torch"}, f"{path} imports {surplus}"
        if surplus:
            imports = (ast.Import, ast.ImportFrom)
            top = ast.Module([node for node in module.tree.body if isinstance(node, imports)], [])
            assert "torch" not in {name.split(".")[0] for name, _ in list_imports(top)}


def test_the_wheel_brings_the_command():
    assert PROJECT["project"]["scripts"] == {"tfreid": "tfreid.__main__:main"}


def test_the_version_has_one_home_and_an_entry_in_the_changelog():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "tfreid.__version__"}
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(tfreid.__version__)}\b", changelog, re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The files that a wheel brings, as setup.py lays them out."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"  # setuptools leaves an .egg-info where it works
    source.mkdir()
    for name in ("tfreid", "configs", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        (source / name).symlink_to(ROOT / name)
    command = [sys.executable, "setup.py", "-q", "build_py", f"--build-lib={folder / 'lib'}"]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return folder / "lib"


def test_every_module_of_the_library_and_every_recipe_is_shipped(built):
    modules = {path.relative_to(ROOT) for path in (ROOT / "tfreid").rglob("*.py")}
    recipes = {
        pathlib.Path("tfreid", "recipes", path.name) for path in (ROOT / "configs").glob("*.cfg")
    }
    shipped = {path.relative_to(built) for path in built.rglob("*") if path.is_file()}
    assert len(recipes) > 5
    assert shipped == modules | recipes


def test_an_installed_recipe_that_names_another_one_is_read_from_any_folder(built, tmp_path):
    code = """if True:
        from tfreid.options import TrainOptions
        from tfreid.options.recipes import find_recipe
        print(find_recipe("sona3_market1501"))
        print(TrainOptions.parse(["tfreid", "--recipe=sona3_market1501"]).model.sona_stages)
    """
    environment = {**os.environ, "PYTHONPATH": str(built)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    path, stages = done.stdout.splitlines()
    assert path == str(built / "tfreid" / "recipes" / "sona3_market1501.cfg")
    assert stages == "(3,)"
