"""Pins, ranges and the lock agree, and the code imports nothing that is not among them."""

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
from tests.source_tree import read_modules

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10; comes with pytest there
    import tomli as tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
CLASSIC = {
    "tensorflow": "2.14.1",
    "tensorflow-addons": "0.23.0",
    "keras-cv": "0.9.0",
    "tf-slim": "1.1.0",
    "numpy": "1.26.4",
    "absl-py": "1.4.0",
}
TODAY = {"tensorflow": "2.21.0", "tf-keras": "2.21.0", "keras-cv": "0.9.0", "tf-slim": "1.1.0"}
PACKAGES_OF_OTHER_NAMES = {
    "PIL": "Pillow",
    "absl": "absl-py",
    "faiss": "faiss-cpu",
    "google": "protobuf",
    "grpc": "tensorflow-serving-api",
    "tensorflow_serving": "tensorflow-serving-api",
}


def _read_requirements(lines, python):
    """Returns {package: `Requirement`} of the lines that hold for a Python on Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    found = {}
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} is there twice for Python {python}"
            found[name] = requirement
    return found


def _read_pins(name, python):
    """Returns {package: version} of one requirements file, without what it includes."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    stated = [line.rstrip("\\") for line in lines if re.match(r"\w", line)]
    pins = {}
    for package, requirement in _read_requirements(stated, python).items():
        (pin,) = requirement.specifier
        assert pin.operator == "==", requirement
        pins[package] = pin.version
    return pins


def _read_ranges(python):
    """Returns {package: range} of the dependencies that the wheel declares."""
    declared = _read_requirements(PROJECT["project"]["dependencies"], python)
    return {name: requirement.specifier for name, requirement in declared.items()}


def _name_package(module):
    return canonicalize_name(PACKAGES_OF_OTHER_NAMES.get(module, module))


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_has_its_stack(python):
    named = TODAY if Version(python) >= Version("3.12") else CLASSIC
    pins = _read_pins("requirements.txt", python)
    assert named.items() <= pins.items()
    assert ("tf-keras" in pins) != ("tensorflow-addons" in pins)


@pytest.mark.parametrize("python", PYTHONS)
def test_every_pin_is_in_the_lock_and_in_the_range_that_the_wheel_declares(python):
    runs = _read_pins("requirements.txt", python)
    pins = {**runs, **_read_pins("requirements-dev.txt", python)}
    assert pins.items() <= _read_pins("requirements.lock", python).items()
    ranges = _read_ranges(python)
    assert set(ranges) == set(runs)
    assert not {n: r for n, r in ranges.items() if Version(runs[n]) not in r}


def test_everything_locked_has_hashes():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.findall(r"^\w.*(?:\n .*)*", text, re.MULTILINE)
    assert len(blocks) > 90
    assert not [block for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)]


def test_the_supported_pythons_are_told_alike_everywhere():
    said = PROJECT["project"]
    assert said["requires-python"] == ">=3.10,<3.14"
    classifiers = "".join(f"Programming Language :: Python :: {p}\n" for p in PYTHONS)
    assert classifiers in "\n".join(said["classifiers"])
    assert PROJECT["tool"]["ruff"]["target-version"] == "py310"
    setup = (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8")
    preferred = re.search(r"TFREID_PYTHON:-([\d. ]+)\}", setup).group(1)
    assert sorted(preferred.split()) == sorted(PYTHONS)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_gpu_extra_brings_the_cuda_of_its_tensorflow(python):
    extra = _read_requirements(PROJECT["project"]["optional-dependencies"]["gpu"], python)
    if "tf-keras" in _read_ranges(python):
        assert list(extra) == ["tensorflow"] and extra["tensorflow"].extras == {"and-cuda"}
    else:
        assert len(extra) == 10 and all(name.endswith("-cu11") for name in extra)


def test_the_library_imports_only_what_the_wheel_declares():
    extras = PROJECT["project"]["optional-dependencies"]
    declared = {name for python in PYTHONS for name in _read_ranges(python)}
    for extra in ("app", "video"):  # whose modules say so in a line where they are absent
        declared |= set(_read_requirements(extras[extra], PYTHONS[0]))
    for path, module in read_modules().items():
        if path.startswith("tfreid/"):
            surplus = {_name_package(name) for name in module.external} - declared
            assert not surplus, f"{path} imports {surplus}"


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


def test_every_module_page_and_recipe_of_the_library_is_shipped(built):
    modules = {path.relative_to(ROOT) for path in (ROOT / "tfreid").rglob("*.py")}
    recipes = {
        pathlib.Path("tfreid", "recipes", path.name) for path in (ROOT / "configs").glob("*.cfg")
    }
    places = ("index/*.html", "app/page/*")
    pages = {path.relative_to(ROOT) for p in places for path in (ROOT / "tfreid").glob(p)}
    weights = {path.relative_to(ROOT) for path in (ROOT / "tfreid/weights/files").glob("*")}
    shipped = {path.relative_to(built) for path in built.rglob("*") if path.is_file()}
    assert len(recipes) > 5 and pages
    assert shipped == modules | recipes | pages | weights


def test_an_installed_recipe_that_names_another_one_is_read_from_any_folder(built, tmp_path):
    code = """if True:
        from tfreid.options import TrainOptions
        from tfreid.options.flagfiles import find_recipe
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
