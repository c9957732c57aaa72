"""What every test starts from: quiet TensorFlow on four logical CPUs, fixed seeds, small folders.

The environment is set before TensorFlow is imported, and the devices before it is used: neither can
be changed afterwards in one process.
"""

import gc
import os
import pathlib

import tfreid  # noqa: F401 (says which Keras TensorFlow shall load)

_CORES = os.cpu_count() or 1
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_THREADS = max(1, _CORES // _WORKERS)

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # numbers are stated for the CPU
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
# The last is for the processes that tests start: they compute as this one does, to the bit.
_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
for _pool in _POOLS:
    os.environ.setdefault(_pool, str(_THREADS))

import hypothesis  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image  # noqa: E402

from tests import cuhk_files, fresh, tiny_runs  # noqa: E402
from tests.eager import run_functions_eagerly  # noqa: E402
from tfreid.serving import fresh_process, verification  # noqa: E402
from tfreid.serving.exporting import export_run  # noqa: E402
from tfreid.systems import SYSTEMS  # noqa: E402
from tfreid.training.devices import make_strategy  # noqa: E402

LOGICAL_CPUS = 4

# Generated examples are the same in every run, and a slow machine is not a failure.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("house")


def _configure_tensorflow():
    tf.config.threading.set_intra_op_parallelism_threads(_THREADS)
    # Replicas wait for each other inside collectives: each needs a thread of its own.
    tf.config.threading.set_inter_op_parallelism_threads(max(_THREADS, 2 * LOGICAL_CPUS))
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * LOGICAL_CPUS,
    )
    # Graphs that are run twice are not worth it; those of the processes that tests start have it.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def _number_strategies_apart():
    """Gives every MirroredStrategy of this process its own numbers for its collective operations.

    TensorFlow starts each one at the same number, and a later one that sums a tensor of another
    shape under a number already used fails, and with it all that follow. Its own tests do likewise.
    """
    make = tf.distribute.MirroredStrategy.__init__

    def make_apart(self, *args, **kwargs):
        tf.distribute.MirroredStrategy._collective_key_base += 1000
        make(self, *args, **kwargs)

    tf.distribute.MirroredStrategy.__init__ = make_apart


_configure_tensorflow()
_number_strategies_apart()


def pytest_collection_finish():
    """Takes what is imported for good: looking for garbage in it is a tenth of making graphs."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def pytest_sessionfinish():
    """pytest looks for garbage five times at the end; the first time finds what there is."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _start_and_leave_clean():
    """Fixed seeds before each test; afterwards no mixed precision leaks into the next one."""
    tf.keras.utils.set_random_seed(0)
    yield
    tf.keras.mixed_precision.set_global_policy("float32")


@pytest.fixture(autouse=True)
def _few_pictures(request, monkeypatch):
    """Painting takes long: two matches a query, and of training batches none but with `painted`."""
    if "figures" in request.path.parts:
        return
    monkeypatch.setattr("tfreid.figures.ranked_groups.TOP", 2)
    if "painted" not in request.fixturenames:
        blank = np.zeros([8, 8, 3], np.uint8)
        monkeypatch.setattr("tfreid.training.reports.draw_train_batch", lambda *_: blank)


@pytest.fixture
def painted():
    """Training batches are painted in this test."""


@pytest.fixture
def make_replicas():
    """A function from N to the strategy of `--devices=cpus:N`."""

    def make(count):
        # One process runs strategies of several sizes here; their collective operations must not
        # take each other for their own. TensorFlow's own tests tell them apart in this way.
        tf.distribute.MirroredStrategy._collective_key_base += 1000
        return make_strategy(f"cpus:{count}")

    return make


@pytest.fixture
def functions_run_eagerly():
    """Makes no graphs in this test but those that are saved (see `tests.eager`)."""
    with run_functions_eagerly():
        yield


@pytest.fixture
def small_system():
    """Makes `--model=small` known (see `tests.small_system`), to this test alone."""
    from tests.small_system import SMALL

    SYSTEMS[SMALL.name] = SMALL
    yield
    del SYSTEMS[SMALL.name]


@pytest.fixture
def rng():
    """A numpy generator with a fixed seed."""
    return np.random.default_rng(0)


@pytest.fixture
def repository():
    """The folder that holds the repository, as a `pathlib.Path`."""
    return pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """{system: workdir} of a tiny network of both papers' systems; nobody may write into them."""
    folder = tmp_path_factory.mktemp("runs")
    return {system: tiny_runs.write_run(folder / system, system) for system in tiny_runs.FLAGS}


@pytest.fixture
def verified_here(monkeypatch):
    """An export is loaded and compared in this process: that a fresh one can, `exports` prove."""
    monkeypatch.setattr(verification, "_run", lambda program, *args: fresh_process.main(*args))


@pytest.fixture(scope="session")
def exports(runs, tmp_path_factory):
    """{system: `Export`}, of `runs`; each in its folder, and loaded once by a new process."""
    folder = tmp_path_factory.mktemp("exports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "_run", lambda *argv: fresh.run(argv, folder))
        return {name: export_run(runs[name], str(folder / name)) for name in tiny_runs.FLAGS}


@pytest.fixture
def market_folder(tmp_path):
    """A factory of tiny folders in Market-1501's layout, filled with random JPEGs.

    `market_folder(ids=4, cameras=2, images=2, junk=0, distractors=0, size=(32, 16), name="market")`
    returns the folder. Training shows the identities 1..ids, the test splits ids+1..2*ids; each
    is seen `images` times by every camera in training and gallery, and once by every camera as a
    query. `junk` and `distractors` are images with pid -1 and 0 in the gallery. `size` is (height,
    width) in pixels. With `train_only=True` there is nothing to evaluate.
    """

    def make(
        ids=4,
        cameras=2,
        images=2,
        junk=0,
        distractors=0,
        size=(32, 16),
        name="market",
        train_only=False,
    ):
        root = tmp_path / name
        numbers = np.random.default_rng(0)
        for split, pid, camid, frame in _list_images(ids, cameras, images, junk, distractors):
            path = root / split / f"{_pid_text(pid)}_c{camid}s1_{frame:06d}_00.jpg"
            pixels = numbers.integers(0, 256, (*size, 3), dtype=np.uint8)
            if train_only and split != "bounding_box_train":
                continue  # the images for training are the same in either case
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path, quality=90)
        return str(root)

    return make


@pytest.fixture
def cuhk03_folder(tmp_path):
    """A factory of folders with a small `cuhk-03.mat`; arguments as `cuhk_files.write_cuhk03`."""

    def make(name="cuhk03", **contents):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        cuhk_files.write_cuhk03(folder / "cuhk-03.mat", **contents)
        return str(folder)

    return make


@pytest.fixture
def cuhk01_folder(tmp_path):
    """A factory of folders in CUHK01's structure: `cuhk01_folder(identities=7, name="cuhk01")`."""

    def make(identities=7, name="cuhk01"):
        return cuhk_files.write_cuhk01(str(tmp_path / name), identities)

    return make


def _list_images(ids, cameras, images, junk, distractors):
    """Yields (split, pid, camid, frame) of every image of a `market_folder`."""
    for camid in range(1, cameras + 1):
        for pid in range(1, ids + 1):
            for frame in range(1, images + 1):
                yield "bounding_box_train", pid, camid, frame
                yield "bounding_box_test", ids + pid, camid, frame
            yield "query", ids + pid, camid, images + 1
    for pid, count in ((-1, junk), (0, distractors)):
        for frame in range(1, count + 1):
            yield "bounding_box_test", pid, 1 + frame % cameras, frame


def _pid_text(pid):
    return str(pid) if pid < 0 else f"{pid:04d}"
