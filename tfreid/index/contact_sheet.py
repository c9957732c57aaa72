"""Answers as one HTML file that needs nothing else: pictures inside, no script, no network."""

import base64
import html
import os
from importlib import resources
from string import Template

from tfreid.escaping import escape
from tfreid.files import write_text
from tfreid.index.grouping import group_matches
from tfreid.index.results import (
    BAR,
    DISTANCE,
    measure_bar,
    tell_no_match,
    tell_notes,
    tell_number,
    tell_strangers,
)
from tfreid.index.thumbnails import make_thumbnail
from tfreid.patience import run_each

_THREADS = 8
_PAGE = "contact_sheet.html"
_GONE = '<div class="picture">the file is gone<br>or no image any more</div>'


def write_contact_sheet(result, path):
    """Writes a `SearchResult` as an HTML page.

    Raises:
      InputError: if it cannot be written.
    """
    write_text(path, make_contact_sheet(result))


def make_contact_sheet(result):
    """Returns the page: for each query its picture, and a card for each match.

    Whatever paths hold is text here, never markup; the page's own policy forbids scripts and any
    address but the pictures inside.
    """
    title = f"{len(result.answers)} {'query' if len(result.answers) == 1 else 'queries'}"
    sections = "\n".join(_write_section(result, answer) for answer in result.answers)
    page = resources.files("tfreid.index").joinpath(_PAGE).read_text(encoding="utf-8")
    # Not `format`: the page's styles are full of braces.
    return Template(page).substitute(title=title, facts=_write_facts(result), sections=sections)


def _write_facts(result):
    model, options = result.model, result.options
    facts = [
        f"{result.index['images']:,} images in {_text(result.index['path'])}",
        f"{_text(model['system'])}, fingerprint {_text(model['fingerprint'][:12])}",
    ]
    if options.get("rerank"):
        facts.append("k-reciprocal re-ranking")
    if options.get("expand_neighbors"):
        facts.append(f"query expansion by {options['expand_neighbors']}")
    if result.threshold:
        side = "at most" if result.measure == DISTANCE else "at least"
        facts.append(
            f"shown are matches of {result.measure} {side} {result.threshold['value']:.4f}: "
            f"{result.threshold['false_accepts_percent']:g} % false accepts"
        )
    facts.append(_text(tell_strangers(result)))
    facts += [f"skipped {_text(query)}: {_text(reason)}" for query, reason in result.skipped]
    return "<br>\n".join(facts)


def _write_section(result, answer):
    sources = [answer.image, *(match.path for match in answer.matches)]
    pictures = list(run_each(_write_picture, sources, _THREADS, lambda source: _GONE))
    if answer.matches:
        cards = {
            match: _write_card(result, match, picture)
            for match, picture in zip(answer.matches, pictures[1:])
        }
        groups = group_matches(answer.matches, result.options.get("group_by"))
        body = "\n".join(_write_group(title, [cards[m] for m in group]) for title, group in groups)
    else:
        body = f'<p class="none">{_text(tell_no_match(result, answer))}</p>'
    notes = "".join(f'<p class="note">{_text(note)}</p>' for note in tell_notes(answer))
    return f"""<section>
<div class="query"><div class="card">{pictures[0]}
<div class="line"><b>query</b></div>{_write_path(answer.query)}{notes}</div></div>
<div>{body}</div>
</section>"""


def _write_group(title, cards):
    head = f"<h2>{_text(title)}</h2>\n" if title else ""
    return head + "<ol>\n" + "\n".join(cards) + "\n</ol>"


def _write_card(result, match, picture):
    labels = []
    if match.pid is not None:
        labels.append(f"pid {match.pid}")
    if match.camid is not None:
        labels.append(f"cam {match.camid}")
    ordered = ""
    if match.reranked is not None:
        ordered = f'<div class="line soft"><span>ordered by</span>{match.reranked:.4f}</div>'
    if match.alike is not None:
        number = tell_number(match.expected_strangers)
        ordered += (
            f'<div class="line soft"><span class="alike">{_text(match.alike)}</span>'
            f'<meter max="{BAR}" value="{measure_bar(match.expected_strangers)}"></meter>'
            f"<span>{number} strangers</span></div>"
        )
    return f"""<li class="card">{picture}
<div class="line"><b>{match.rank}</b>
<span><span class="soft">{result.measure}</span> {match.value:.4f}</span></div>{ordered}
<div class="line soft"><span>{_text(" · ".join(labels) or "unknown")}</span>
<span>#{match.id}</span></div>{_write_path(match.path)}</li>"""


def _write_path(path):
    folder, name = os.path.split(path)
    return f'<div class="path" title="{_text(path)}">{_text(name or folder)}</div>'


def _write_picture(source):
    content = make_thumbnail(source)
    if content is None:
        return _GONE
    text = base64.b64encode(content).decode("ascii")
    return f'<div class="picture"><img alt="" src="data:image/jpeg;base64,{text}"></div>'


def _text(value):
    # First what would move a cursor or turn a line's direction, then markup.
    return html.escape(escape(str(value)), quote=True)
