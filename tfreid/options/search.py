"""Options of the search in an index of images."""

import dataclasses
import datetime
import os

from tfreid.errors import InputError
from tfreid.options.fields import Checked, option, to_text
from tfreid.options.paths import is_address, locate, make_absolute
from tfreid.weights.catalogue import find_network

ACTIONS = ("add", "query", "remove", "prune", "calibrate", "export")
WITHOUT_MODEL = ("remove", "prune", "export")
VECTORS = "model.json"  # what is in a folder of vectors, and of no images
MOST_RERANKED = 2000
MOST_FALSE_ACCEPTS = 50  # percent
VECTOR_INDEXES = ("flat", "ivf", "hnsw")
PERSON, CAMERA = GROUPINGS = ("person", "camera")


@dataclasses.dataclass(frozen=True)
class ModelOptions(Checked):
    """A trained model."""

    workdir: str = option(
        "", "Folder of a training run or of an export: the model.", absolute=make_absolute
    )
    model: str = option("", "In its place: the name of weights; `tfreid models` lists them.")

    def check(self):
        if self.model:
            find_network(self.model)
            if self.workdir:
                raise InputError(
                    f"model={self.model}: is a network by itself; leave `workdir` out."
                )

    @property
    def place(self):
        """Where the model is from: a workdir, an export, or a name."""
        return self.model or self.workdir


@dataclasses.dataclass(frozen=True)
class IndexOptions(ModelOptions):
    """A model, and the index of the images that it knows."""

    index: str = option(
        "",
        "Folder of the index, or an address, as s3://bucket/faces; made when the first images are "
        "added.",
        absolute=locate,
    )


@dataclasses.dataclass(frozen=True)
class SearchOptions(IndexOptions):
    """The index, and what to do: exactly one of --add, --query, --remove, and so on."""

    add: str = option(
        "",
        "Images to add: a folder, with those in it; a CSV table with the column path and, if "
        "known, pid and camid; or one image. Those that are in the index already are passed over. "
        "Or vectors, a folder or an address of what `tfreid embed` or --export has written.",
    )
    query: str = option(
        "", "Image to look for, several with commas between, a folder or a CSV table of them."
    )
    remove: str = option(
        "",
        "Images to remove: ids (id:12) or paths with commas between; a folder's path: all in it.",
    )
    copies: bool = option(
        False, "With --remove: images of the same content, under other names, go too."
    )
    prune: bool = option(False, "Remove images whose files are gone.")
    calibrate: str = option(
        "",
        "Images of known people and cameras, a folder with Market-1501's names or a CSV table, to "
        "learn from which distance or score leads to how many false accepts.",
    )
    export: str = option(
        "",
        "New folder for all vectors as Parquet files; docs/vectors.md loads them elsewhere.",
        absolute=make_absolute,
    )
    out: str = option(
        "",
        "With --query: an .html contact sheet, a .json file, or a folder for TensorBoard's "
        "projector; empty: a table on the terminal. With --calibrate: folder for "
        "calibration.json and calibration.png; empty: the index folder.",
        absolute=make_absolute,
    )
    batch_size: int = option(64, "Images per forward pass.", minimum=1)
    # A million tells 0.01 % of false accepts, for which 300,000 pairs of two people are needed.
    calibration_pairs: int = option(
        1_000_000,
        "Most pairs of the same, and of different people, that calibration compares; beyond, so "
        "many are drawn.",
        minimum=1,
    )

    def check(self):
        given = [name for name in ACTIONS if getattr(self, name)]
        if len(given) > 1:
            flags = " and ".join(f"{name}={to_text(getattr(self, name))}" for name in given)
            raise InputError(f"{flags}: give one of them at a time.")
        super().check()
        if self.out and given and given[0] not in ("query", "calibrate"):
            raise InputError(f"out={self.out}: goes with `query` or `calibrate` only.")
        if self.copies and given != ["remove"]:
            raise InputError("`copies`: goes with `remove` only.")

    @property
    def adds_vectors(self):
        """Whether `add` names vectors and no images."""
        place = locate(self.add)
        # No image is read from an address; `tfreid embed` does that.
        return is_address(place) or os.path.isfile(os.path.join(place, VECTORS))

    def find_action(self):
        """Returns the one of `ACTIONS` that was asked for; raises `InputError` for none."""
        if not self.index:
            raise InputError("`index` is empty: give the folder of the index.")
        for name in ACTIONS:
            if getattr(self, name):
                needs_model = name not in WITHOUT_MODEL and not (
                    name == "add" and self.adds_vectors
                )
                if needs_model and not self.place:
                    raise InputError(
                        "`workdir` is empty: give the folder of a training run or an export, or a "
                        "`model` by name."
                    )
                return name
        raise InputError(
            "give one of `add`, `query`, `remove`, `prune`, `calibrate`, `export` (--help tells "
            "all)."
        )


@dataclasses.dataclass(frozen=True)
class RetrievalOptions(Checked):
    """How is searched."""

    top_k: int = option(20, "Matches of a query.", minimum=1, maximum=10_000)
    vector_index: str = option(
        "flat",
        "How vectors are found: 'flat' compares all, exactly; 'ivf' and 'hnsw' are approximate, "
        "for hundreds of thousands of images, and made when first asked for.",
        choices=VECTOR_INDEXES,
    )
    ivf_lists: int = option(64, "Lists that an IVF search looks into.", minimum=1)
    hnsw_candidates: int = option(128, "Candidates that an HNSW search keeps.", minimum=1)
    shortlist: int = option(
        100,
        "Nearest images that KVM-MN matches, and that are re-ranked; at least --top_k are.",
        minimum=1,
        maximum=10_000,
    )
    expand_neighbors: int = option(
        0,
        "Query expansion: average the query with so many of its nearest; 0: no.",
        minimum=0,
        maximum=1000,
    )
    expand_alpha: float = option(
        0.0,
        "Weigh them by their cosine similarity to this power; 0: all alike.",
        minimum=0,
        maximum=100,
    )
    rerank: bool = option(False, "k-reciprocal re-ranking (Zhong et al., 2017) of the shortlist.")
    # k1, k2 and lambda are the paper's own for Market-1501.
    rerank_k1: int = option(20, "Its k1: neighbors of the k-reciprocal sets.", minimum=1)
    rerank_k2: int = option(6, "Its k2: neighbors of the local query expansion.", minimum=1)
    rerank_lambda: float = option(
        0.3, "Its lambda: share of the original distance.", minimum=0, maximum=1
    )
    max_false_accepts: float = option(
        0.0,
        "Show only matches that an image of another person passes for in at most so many percent, "
        "by the index's calibration; 'no match' where none is left. 0: show the nearest anyway.",
        minimum=0,
        maximum=MOST_FALSE_ACCEPTS,
    )

    max_strangers: float = option(
        0.0,
        "In its place: show only matches as near as at most so many strangers are expected to come "
        "to a query, among all images of the index. 0: show the nearest anyway.",
        minimum=0,
    )

    camera: tuple = option(
        (), "Only images of these cameras, as --camera=1,3 or names.", element=str
    )
    since: str = option(
        "",
        "Only images whose files have changed since then, as 2026-11-27 or 2026-11-27T18:30, by "
        "this machine's clock.",
    )
    group_by: str = option(
        "",
        "Show matches of one person (pid; of tfreid crop, the track) or of one camera together.",
        choices=GROUPINGS,
        may_be_empty=True,
    )

    def check(self):
        self.read_since()
        if self.max_strangers and self.max_false_accepts:
            raise InputError(
                f"max_strangers={self.max_strangers:g} and "
                f"max_false_accepts={self.max_false_accepts:g}: give one of them."
            )
        if self.expand_alpha and not self.expand_neighbors:
            raise InputError(
                f"expand_alpha={self.expand_alpha} goes with expand_neighbors=N; give both."
            )
        if self.rerank and max(self.top_k, self.shortlist) > MOST_RERANKED:
            raise InputError(
                f"`rerank` with top_k={self.top_k} shortlist={self.shortlist}: at most "
                f"{MOST_RERANKED} images are re-ranked, all pairs of them are compared."
            )

    def read_since(self):
        """Returns `since` in seconds since 1970, None where it is empty; raises for no time."""
        try:
            return datetime.datetime.fromisoformat(self.since).timestamp() if self.since else None
        except (ValueError, OverflowError, OSError):
            raise InputError(
                f"since={self.since}: must be a date or a time, as 2026-11-27 or 2026-11-27T18:30."
            ) from None

    def list_facts(self):
        """Returns {flag: value}, to stand beside a result."""
        return dataclasses.asdict(self)
