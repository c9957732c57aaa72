"""The table for people, in Markdown."""

from tfreid.evaluation.report import name_column
from tfreid.reproduction.published import FORWARD_MS

_NOTHING = ""


def format_markdown(record):
    """Returns the Markdown text of a record of `make_record`."""
    warnings = "; ".join(record["warnings"])
    ending = f" ({warnings})" if warnings else ""
    parts = [f"# {record['title']}{ending}"]
    for column in record["columns"]:
        parts += [f"## {column['title']}{ending}", _format_column(column, record["metrics"])]
    parts.append("\n".join(f"* {note}" for note in [*record["notes"], *_list_facts(record)]))
    if record["failures"]:
        failed = [f"* {name}: {reason}" for name, reason in record["failures"].items()]
        parts.append("\n".join(["Failed runs:", "", *failed]))
    return "\n\n".join(parts) + "\n"


def _format_column(column, metrics):
    shown = [metric for metric in metrics if _is_known(column["rows"], metric)]
    heads = ["row", "runs"]
    for metric in shown:
        heads += [_name(metric), "published", "difference"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    lines += [_list_cells(row, shown) for row in column["rows"]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_known(rows, metric):
    """Returns whether any row has a figure of a metric, published or ours."""
    return any(
        metric in source.get("mean", {})
        for row in rows
        for source in (row["published"], row.get("ours", {}))
    )


def _list_cells(row, metrics):
    runs = f"{len(row['runs'])} of {row['published_runs']}" if row["runs"] else "not run"
    cells = [row["title"], runs]
    for metric in metrics:
        difference = row.get("difference", {}).get(metric)
        cells += [
            _format_figure(row.get("ours", {}), metric),
            _format_figure(row["published"], metric),
            _NOTHING if difference is None else f"{difference:+.2f}",
        ]
    return cells


def _format_figure(figures, metric):
    mean = figures.get("mean", {}).get(metric)
    deviation = figures.get("deviation", {}).get(metric)
    if mean is None:
        return _NOTHING
    return f"{mean:.2f}" if deviation is None else f"{mean:.2f} +- {deviation:.2f}"


def _name(metric):
    return "forward pass, ms" if metric == FORWARD_MS else name_column(metric)


def _list_facts(record):
    seeds = sorted({run["seed"] for row in _list_rows(record) for run in row["runs"]})
    splits = sorted({run["split"] for row in _list_rows(record) for run in row["runs"]} - {""})
    facts = ["runs: finished ones, of those in the paper."]
    if seeds:
        told = ", ".join(map(str, seeds))
        facts.append(f"Seeds: {told}." + (f" Splits: {', '.join(splits)}." if splits else ""))
    return [
        *facts,
        f"Command: `{record['command']}`",
        f"tfreid {record['tfreid']}, {record['machine']}, {record['written']}.",
    ]


def _list_rows(record):
    return [row for column in record["columns"] for row in column["rows"]]
