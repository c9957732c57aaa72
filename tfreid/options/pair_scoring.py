"""Options of evaluating a network that scores pairs."""

import dataclasses

from tfreid.options.fields import Checked, option


@dataclasses.dataclass(frozen=True)
class PairScoringOptions(Checked):
    """How pairs of a trained KVM-MN are scored."""

    evaluation_batch: int = option(
        64, "Images per forward pass in evaluation.", minimum=1, shapes_result=False
    )
    memory_dtype: str = option(
        "float32",
        "Type in which images' memories are kept; the 16-bit ones take half the space.",
        choices=("float32", "float16", "bfloat16"),
        shapes_result=False,
    )
    shortlist: int = option(
        0,
        "Match each query only with the K gallery images nearest by pooled features, of those that "
        "count: not the query's identity by its own camera. (A single gallery shot without the "
        "query's camera has K of other cameras.) 0: all, as in the paper.",
        minimum=0,
        shapes_result=False,
    )
    symmetric: bool = option(
        False, "Average the scores of both directions of a pair.", shapes_result=False
    )
    query_block: int = option(
        8, "Queries that are matched at a time.", minimum=1, shapes_result=False
    )
    gallery_block: int = option(
        32, "Gallery images that are matched at a time.", minimum=1, shapes_result=False
    )

    def list_facts(self):
        """Returns {flag: value} of what a result depends on, to stand beside it."""
        return {
            "memory_dtype": self.memory_dtype,
            "shortlist": self.shortlist,
            "symmetric": self.symmetric,
        }
