"""The table as data: ours beside what is published, ready for JSON."""

import datetime
import os
import platform
import shlex
import statistics

from tfreid.data.specs import SPECS
from tfreid.options.flags import to_flags
from tfreid.options.reproduce import ReproduceOptions
from tfreid.reproduction.published import FORWARD_MS, SMALL, Figures
from tfreid.version import __version__

_DIGITS = 4


def make_record(plan, options, results, failures):
    """Returns the table as a dict.

    Args:
      plan: `Plan`.
      options: `ReproduceOptions`.
      results: {(row's name, column's name): {(split, seed): line of metrics.jsonl}}.
      failures: {run's name: reason}.

    Returns:
      "title", "warnings" (what every heading says), "columns" (of which each has "rows"), and where
      it comes from. A row has "ours", "published" (both with "mean" and "deviation"), "difference"
      and "runs"; a figure that is not known is missing.
    """
    columns = [_make_column(plan, column, results) for column in plan.columns]
    return {
        "table": plan.table.name,
        "title": plan.table.title,
        "scale": options.scale,
        "warnings": list_warnings(plan, options),
        "notes": [
            *_list_notes(plan, options),
            *_tell_shortlists(results),
            *_tell_overhead(plan, columns),
            *_tell_paired_tests(plan, columns),
        ],
        "metrics": list(plan.table.metrics),
        "unit": "ms" if plan.table.is_timing else "percent",
        "command": make_command(options),
        "tfreid": __version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
        "written": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "columns": columns,
        # A table is shown to others: no folder of this machine stands in it.
        "failures": {name: text.replace(options.out, "O") for name, text in failures.items()},
    }


def list_warnings(plan, options):
    """Returns what every heading says: in what this is not the paper's experiment."""
    warnings = ["SMALL SCALE"] if options.scale == SMALL else []
    if plan.is_foreign:
        titles = ", ".join(column.title for column in plan.columns)
        warnings.append(f"ON {SPECS[plan.dataset].title.upper()}, not {titles} as published")
    if not options.initial_weights and not plan.table.is_timing:
        warnings.append("from random weights")
    if options.train_flags:
        warnings.append(f"with {options.train_flags}")
    return warnings


def make_command(options):
    """Returns the command that makes this table, folders as D and O."""
    defaults, how = ReproduceOptions(), ("jobs", "print_commands")
    told = {
        "out": "O",
        "data_dir": "D",
        "initial_weights": os.path.basename(options.initial_weights),
    }
    values = {
        name: told.get(name, value)
        for name, value in vars(options).items()
        if value != getattr(defaults, name) and name not in how
    }
    return shlex.join(["python", "-m", "tfreid.reproduce", *to_flags(values)])


def summarize(results, metrics):
    """Returns the means of some runs, and their deviations.

    Several splits: the deviation is over the splits' means, as in `tools.average_splits`; else over
    seeds.

    Args:
      results: non-empty {(split, seed): line of metrics.jsonl}.
      metrics: names of the numbers.

    Returns:
      {"mean": {metric: over all runs}, "deviation": {metric: with n - 1 below the line; empty for a
      single value}, "over": "seeds" or "splits"}.
    """
    splits = sorted({split for split, _ in results})
    groups = [[key for key in results if key[0] == split] for split in splits]
    if len(splits) == 1:
        groups = [[key] for key in results]
    means, deviations = {}, {}
    for metric in metrics:
        if any(metric not in line for line in results.values()):
            continue
        # Of a split's seeds first: otherwise a split with more runs would weigh more.
        values = [statistics.fmean(results[key][metric] for key in group) for group in groups]
        means[metric] = round(statistics.fmean(values), _DIGITS)
        if len(values) > 1:
            deviations[metric] = round(statistics.stdev(values), _DIGITS)
    return {"mean": means, "deviation": deviations, "over": "splits" if splits[1:] else "seeds"}


def _list_notes(plan, options):
    """Returns sentences below the table."""
    unit = "Milliseconds" if plan.table.is_timing else "Percent"
    notes = [f"{unit}; mean +- standard deviation over the runs (n - 1 below the line)."]
    if plan.table.note:
        notes.append(plan.table.note)
    if options.scale == SMALL:
        notes.append(
            "Small scale: small images, narrow networks, few steps. This is not the paper's "
            "experiment; its figures are not to be expected."
        )
    if plan.is_foreign:
        notes.append("The published figures are of other data: no difference is told.")
    if not options.initial_weights and not plan.table.is_timing:
        notes.append("Training started from random weights; the paper's from ImageNet's.")
    return notes


def _tell_shortlists(results):
    """Returns a sentence where networks that score pairs did not score all of them."""
    lines = [line for runs in results.values() for line in runs.values()]
    lengths = sorted({line["shortlist"] for line in lines if line.get("shortlist")})
    told = ", ".join(map(str, lengths))
    return [f"Each query was matched with a shortlist of {told} gallery images."] if told else []


def _tell_overhead(plan, columns):
    """Returns sentences that compare the times of a table's rows with its first row."""
    if not plan.table.is_timing:
        return []
    base, *others = columns[0]["rows"]
    sentences = []
    for row in others:
        told = [
            f"{source} {100 * (row[source]['mean'][FORWARD_MS] / before - 1):+.1f} %"
            for source in ("ours", "published")
            for before in [base.get(source, {}).get("mean", {}).get(FORWARD_MS)]
            if before and row.get(source)
        ]
        sentences.append(f"{row['title']} against {base['title']}: {', '.join(told)}.")
    return sentences


def _tell_paired_tests(plan, columns):
    """Returns sentences that set each row beside the first one that was run, run by run.

    The runs of one seed and split are a pair. A t-test needs two pairs that differ from each other.
    """
    if plan.table.is_timing:
        return []
    metric = plan.table.metrics[0]
    sentences = []
    for column in columns:
        base, *others = [row for row in column["rows"] if row["runs"]] or [None]
        for row in others:
            differences = _pair(base, row, metric)
            if len(set(differences)) > 1:
                sentences.append(
                    f"{row['title']} against {base['title']} on {column['title']}, {metric}: "
                    f"{_describe_differences(differences)}."
                )
    return sentences


def _pair(base, row, metric):
    """Returns row minus base of the runs that both have."""
    before = {(run["split"], run["seed"]): run.get(metric) for run in base["runs"]}
    pairs = [(run.get(metric), before.get((run["split"], run["seed"]))) for run in row["runs"]]
    return [ours - theirs for ours, theirs in pairs if None not in (ours, theirs)]


def _describe_differences(differences):
    from scipy import stats  # takes a second, and few tables are written

    test = stats.ttest_1samp(differences, 0.0)
    low, high = test.confidence_interval()
    return (
        f"{statistics.fmean(differences):+.2f}, 95 % interval {low:+.2f} to {high:+.2f} (paired "
        f"t-test of {len(differences)} runs, p = {test.pvalue:.2g})"
    )


def _make_column(plan, column, results):
    title = column.title
    if plan.is_foreign:
        title = f"{SPECS[plan.dataset].title} (published: {title})"
    rows = [
        _make_row(plan, row, column, results.get((row.name, column.name), {}))
        for row in plan.table.rows
    ]
    return {"name": column.name, "title": title, "rows": rows}


def _make_row(plan, row, column, results):
    published = row.figures.get(column.name, Figures({}, {}))
    record = {
        "row": row.name,
        "title": row.title,
        "recipe": row.recipe,
        "flags": to_flags(row.overrides),
        "published": {"mean": published.means, "deviation": published.deviations},
        "published_runs": plan.table.seeds * (len(column.splits) or 1),
        "runs": [{"split": split, "seed": seed, **line} for (split, seed), line in results.items()],
    }
    if results:
        record["ours"] = summarize(results, plan.table.metrics)
    if results and not plan.is_foreign:
        record["difference"] = {
            metric: round(mean - published.means[metric], _DIGITS)
            for metric, mean in record["ours"]["mean"].items()
            if metric in published.means
        }
    return record
