"""How Sphinx makes the site (tools/site.sh). Its pages load nothing from elsewhere."""

import pathlib
import re

import docutils.nodes
import latex2mathml.converter
import sphinx.errors

from tfreid.version import __version__

project = "tfreid"
author = "the tfreid authors"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
exclude_patterns = ["pictures"]
default_role = "code"  # `name` in a docstring
LOADED = re.compile(r'<(?:link|script|img|iframe)[^>]*(?:href|src)="(?:https?:)?//[^"]*"')

html_theme = "furo"
html_title = "tfreid"
html_show_copyright = False  # the license names no year and no holder
html_static_path = ["static"]
html_css_files = ["words.css"]
html_math_renderer = "mathml"
autodoc_default_options = {"members": True, "imported-members": True, "show-inheritance": True}
autodoc_inherit_docstrings = False  # Keras' own methods are Keras' to describe
napoleon_use_ivar = True
napoleon_use_rtype = False


def setup(app):
    """Draws equations as MathML, which needs no script, and the docstrings' examples as code."""
    visitors = [(make_visitor(how), None) for how in ("inline", "block")]
    app.add_html_math_renderer("mathml", *visitors)
    app.connect("autodoc-process-docstring", mark_examples, priority=400)  # napoleon has 500
    app.connect("source-read", lead_to_copies)
    app.connect("build-finished", refuse_what_is_elsewhere)


def make_visitor(display):
    """Returns what writes an equation into the page."""

    def visit(translator, node):
        body = latex2mathml.converter.convert(node.astext(), display=display)
        block = f'<div style="overflow: auto hidden; padding: 0.5em 0">{body}</div>'
        translator.body.append(body if display == "inline" else block)
        raise docutils.nodes.SkipNode

    return visit


def mark_examples(app, what, name, obj, options, lines):
    """Puts reStructuredText's `::` before each block that is indented as an example is."""
    for number in range(len(lines) - 1, 0, -1):
        before, line = lines[number - 1], lines[number]
        if line.startswith("    ") and not before.strip() and not _continues(lines[:number]):
            lines[number:number] = ["::", ""]


def _continues(above):
    """Whether the last line that is not blank is of a block itself, or opens a section."""
    text = next((line for line in reversed(above) if line.strip()), "")
    return text.startswith(" ")


def lead_to_copies(app, name, source):
    """Leads a link to the root's documents, right on the disk, to their pages in docs/."""
    source[0] = re.sub(r"\]\(\.\./([A-Z_]+\.md)\)", r"](\1)", source[0])


def refuse_what_is_elsewhere(app, error):
    """Fails where a page would load a style, script or picture from another host."""
    pages = pathlib.Path(app.outdir).rglob("*.html")
    found = [(page.name, tag) for page in pages for tag in LOADED.findall(page.read_text("utf-8"))]
    if found:
        raise sphinx.errors.SphinxError(f"loaded from elsewhere: {found[0]}")
