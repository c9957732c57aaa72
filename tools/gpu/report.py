"""A check's tables, in Markdown."""

from tools.gpu.cases import REPLICAS, list_cases
from tools.gpu.sides import NOT_RUN, PYTORCH

PAPER_MILLISECONDS = {  # SONA-Net, section 3.5: an image; KVM-MN, "Experiments": a pair
    "sona_image": 8.44,
    "baseline_image": 7.89,
    "kvm_pair": 2.1,
}


def make_report(numbers):
    """Returns the numbers of a check as Markdown: all times, then those that the papers state.

    Args:
      numbers: {"gpus": names, "small": bool, "cases": {name: {side: result}}}.
    """
    cases = {case.name: case for case in list_cases(numbers["small"])}
    measured = {cases[name]: sides for name, sides in numbers["cases"].items() if name in cases}
    names = list(dict.fromkeys(side for sides in measured.values() for side in sides))
    lines = [f"GPUs: {', '.join(numbers['gpus']) or 'none'}", ""]
    lines += _make_table(
        ["milliseconds (least to most)", "images or pairs", *names],
        [
            [case.name, case.count, *(_tell(sides.get(side, NOT_RUN)) for side in names)]
            for case, sides in measured.items()
        ],
    )
    ours = [name for name in names if not name.startswith(PYTORCH)]
    times = {name: _list_milliseconds(measured, name) for name in ours}
    lines += ["", *_make_table(["as in the papers", "paper", *ours], _compare(times.values()))]
    return "\n".join([*lines, "", *_tell_replicas(numbers)])


def _compare(times):
    """Yields rows: what, the paper's figure, ours of each side."""
    sona, baseline, pair = PAPER_MILLISECONDS.values()
    overhead = _tell_overhead(sona, baseline)
    yield ["SONA-Net, ms an image, one at a time", sona, *_each(times, "sona_one_float32")]
    yield ["without SONA", baseline, *_each(times, "baseline_one_float32")]
    for work, title in (("one", "one at a time"), ("batch", "in a batch")):
        names = [f"{network}_{work}_float32" for network in ("sona", "baseline")]
        values = [_tell_overhead(*(side.get(name) for name in names)) for side in times]
        yield [f"SONA's overhead, {title}", overhead, *values]
    yield ["KVM-MN, ms a pair, the whole network", pair, *_each(times, "kvm_one_float32")]
    yield ["KVM-MN, ms a pair of memories", pair, *_each(times, "kvm_match_float32")]


def _each(times, name):
    return [round(side[name], 4) if name in side else NOT_RUN for side in times]


def _tell_overhead(with_sona, without):
    if with_sona is None or without is None:
        return NOT_RUN
    return f"{100 * (with_sona / without - 1):.1f} %"


def _list_milliseconds(measured, side):
    """Returns {case's name: median of an image or pair}, of the cases that a side ran."""
    results = {case: sides.get(side) for case, sides in measured.items()}
    return {
        case.name: result["milliseconds"] / case.count
        for case, result in results.items()
        if isinstance(result, dict)
    }


def _tell_replicas(numbers):
    """Yields how much more all GPUs do than one, each with a batch of its own."""
    results = numbers["cases"].get(REPLICAS, {})
    if all(isinstance(results.get(side), dict) for side in ("one", "all")):
        times = len(numbers["gpus"]) * results["one"]["milliseconds"]
        ratio = f"{times / results['all']['milliseconds']:.2f} times the images a second of one"
    else:
        ratio = next((f"{why}" for why in results.values() if isinstance(why, str)), NOT_RUN)
    yield f"MirroredStrategy over {len(numbers['gpus'])} GPUs, SONA-Net's training: {ratio}"
    for side, result in results.items():
        yield f"  {side}: {_tell(result)} ms a step"


def _tell(result):
    if isinstance(result, dict):
        return f"{result['milliseconds']} ({result['least']} to {result['most']})"
    return result


def _make_table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]
