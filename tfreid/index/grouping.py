"""Matches of one person, or of one camera, together."""

from tfreid.data.dataset import DISTRACTOR_PID
from tfreid.data.findings import tell_number
from tfreid.escaping import escape
from tfreid.options.search import PERSON


def group_matches(matches, by):
    """Returns [(title, [`Match`, ...]), ...]: groups and what is in them, the best first.

    Args:
      matches: `Match`es, best first.
      by: one of `GROUPINGS`; "" for one group without a title.
    """
    if not by:
        return [("", list(matches))]
    # A dict keeps the order in which groups come, which is that of their best matches.
    groups = {}
    for match in matches:
        groups.setdefault(_find_person(match) if by == PERSON else match.camid, []).append(match)
    return [
        (f"{by} {_name(label)}: {tell_number(len(group), 'image')}", group)
        for label, group in groups.items()
    ]


def _find_person(match):
    """Returns a match's pid; None for distractors and junk, who are many people."""
    return match.pid if isinstance(match.pid, str) or (match.pid or 0) > DISTRACTOR_PID else None


def _name(label):
    return "unknown" if label is None else escape(str(label))
