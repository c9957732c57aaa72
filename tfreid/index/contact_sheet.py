"""Answers as one HTML file that needs nothing else: pictures inside, no script, no network."""

import base64
import concurrent.futures
import html
import os

from tfreid.files import write_text
from tfreid.index.results import DISTANCE, escape, tell_no_match
from tfreid.index.thumbnails import make_thumbnail

_THREADS = 8

_STYLE = """
:root { color-scheme: light dark; --ground: #f6f6f4; --card: #ffffff; --ink: #1d1d1b;
  --soft: #6a6a66; --line: #dcdcd6; --mark: #1f6fb2; --empty: #ecece8; }
@media (prefers-color-scheme: dark) { :root { --ground: #161618; --card: #222226; --ink: #ececea;
  --soft: #9d9d98; --line: #37373c; --mark: #6cb2ec; --empty: #2c2c31; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 28px clamp(16px, 4vw, 56px) 56px; background: var(--ground);
  color: var(--ink); font: 14px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 22px; margin: 0 0 4px; }
.facts { color: var(--soft); margin: 0 0 28px; overflow-wrap: anywhere; }
section { display: grid; grid-template-columns: 160px 1fr; gap: 28px; padding: 24px 0;
  border-top: 1px solid var(--line); }
.query { position: sticky; top: 16px; align-self: start; }
.query .picture { border: 2px solid var(--mark); }
.query b { color: var(--mark); }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 14px;
  grid-template-columns: repeat(auto-fill, minmax(156px, 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 10px; min-width: 0; }
.picture { height: 196px; border-radius: 6px; background: var(--empty); display: flex;
  align-items: center; justify-content: center; overflow: hidden; color: var(--soft);
  font-size: 12px; text-align: center; }
.picture img { max-width: 100%; max-height: 100%; object-fit: contain; display: block; }
.line { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 8px; margin-top: 8px;
  align-items: baseline; white-space: nowrap; font-variant-numeric: tabular-nums; }
.soft { color: var(--soft); font-size: 12px; }
.path { color: var(--soft); font-size: 11px; margin-top: 6px; overflow-wrap: anywhere;
  display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden; }
.none { align-self: center; font-size: 16px; color: var(--soft); }
@media (max-width: 640px) { section { grid-template-columns: 1fr; } .query { position: static; } }
"""


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
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>tfreid search: {title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p class="facts">{_write_facts(result)}</p>
{sections}
</body>
</html>
"""


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
    facts += [f"skipped {_text(query)}: {_text(reason)}" for query, reason in result.skipped]
    return "<br>\n".join(facts)


def _write_section(result, answer):
    sources = [answer.image, *(match.path for match in answer.matches)]
    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        pictures = list(pool.map(_write_picture, sources))
    if answer.matches:
        cards = zip(answer.matches, pictures[1:])
        answers = "\n".join(_write_card(result, match, picture) for match, picture in cards)
        body = f"<ol>\n{answers}\n</ol>"
    else:
        body = f'<p class="none">{_text(tell_no_match(result, answer))}</p>'
    return f"""<section>
<div class="query"><div class="card">{pictures[0]}
<div class="line"><b>query</b></div>{_write_path(answer.query)}</div></div>
{body}
</section>"""


def _write_card(result, match, picture):
    labels = []
    if match.pid is not None:
        labels.append(f"pid {match.pid}")
    if match.camid is not None:
        labels.append(f"cam {match.camid}")
    ordered = ""
    if match.reranked is not None:
        ordered = f'<div class="line soft"><span>ordered by</span>{match.reranked:.4f}</div>'
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
        return '<div class="picture">the file is gone<br>or no image any more</div>'
    text = base64.b64encode(content).decode("ascii")
    return f'<div class="picture"><img alt="" src="data:image/jpeg;base64,{text}"></div>'


def _text(value):
    return html.escape(escape(str(value)), quote=True)
