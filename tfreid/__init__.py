"""tfreid: person re-identification in TensorFlow/Keras."""

from tfreid import forks  # noqa: F401 (it notes each fork from now on)
from tfreid.home import provide_folders
from tfreid.lazy import offer
from tfreid.stack import choose_keras
from tfreid.version import __version__

choose_keras()
provide_folders()

_PACKAGES = ("data", "evaluation", "index", "layers", "losses", "models", "systems")
# Late: `import tfreid` alone loads no TensorFlow.
__getattr__, *_ = offer(__name__, dict(zip(_PACKAGES, _PACKAGES)))
__all__ = ["__version__", "load", *_PACKAGES]


def __dir__():
    return sorted(__all__)


def load(path):
    """Loads a trained model for use in a program.

        model = tfreid.load("runs/sona")
        embeddings = model.embed(["a.jpg", image_array])  # SONA-Net: float32[2, 1536]
        embedding = model.embed("a.jpg")  # of one image: float32[1536]
        scores = kvm_mn.match("a.jpg", ["b.jpg", "c.jpg"])  # KVM-MN: float32[2]

    An export is a program: TensorFlow runs what it contains, so load only those whose maker you
    trust. That it is the model of which its fingerprint speaks is compared.

    Args:
      path: workdir of a training (its latest checkpoint), or an export folder, or one of its
        versions; or the name of weights, as `tfreid models` lists them: those are fetched at their
        first use.

    Returns:
      `EmbeddingModel` (SONA-Net) or `MatchingModel` (KVM-MN); see `tfreid.serving.loaded`.

    Raises:
      InputError: where no model is found, or a damaged one.
    """
    from tfreid.serving import loaded  # loads TensorFlow, which `import tfreid` need not wait for

    return loaded.load(path)
