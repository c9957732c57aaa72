"""The texts of `--help` and `--helpfull`: every flag once, grouped by the systems that have it."""

import dataclasses

from tfreid.options.fields import list_choices, rule_of, to_text

_COLUMNS = 100


def find_fields(systems):
    """Returns {flag: {system: its dataclass field}} of {system: its options classes}."""
    found = {}
    for system, groups in systems.items():
        for group in groups:
            for field in dataclasses.fields(group):
                found.setdefault(field.name, {})[system] = field
    return found


def tell_everyday(systems, names):
    """Returns one line for each of the flags that a command is mostly used with.

    Args:
      systems: {system: its options classes}, as in `tell_all`.
      names: of flags; none for all of them.
    """
    found = find_fields(systems)
    heads = {name: f"  --{name}={_tell_default(found[name])}" for name in names or found}
    width = min(34, max(map(len, heads.values())) + 2)
    lines = [f"{head:{width}}{_first_sentence(found[name])}" for name, head in heads.items()]
    return "\n".join(_cut(line) for line in lines)


def tell_all(systems):
    """Returns every flag with its default and meaning, each once.

    Args:
      systems: {system: its options classes}; one entry for a command that has the same flags for
        all systems.
    """
    found, told, lines = find_fields(systems), set(), []
    for owners in _list_owners(systems, found):
        if len(owners) < len(systems):
            lines.append(f"\nWith --model={' or '.join(owners)} only:")
        for group in systems[owners[0]]:
            names = [field.name for field in dataclasses.fields(group)]
            own = [name for name in names if tuple(found[name]) == owners and name not in told]
            told.update(own)
            if own:
                lines.append((group.__doc__ or "").strip().splitlines()[0])
                lines.extend(_tell_flag(name, found[name]) for name in own)
    return "\n".join(lines)


def _list_owners(systems, found):
    """Returns the different sets of systems that have a flag, the widest first."""
    owners = dict.fromkeys(tuple(fields) for fields in found.values())
    return sorted(owners, key=lambda names: (-len(names), *map(list(systems).index, names)))


def _tell_flag(name, fields):
    rule = rule_of(next(iter(fields.values())))
    default = _tell_default(fields)
    others = ", ".join(
        f"{system}: {to_text(field.default)}"
        for system, field in fields.items()
        if to_text(field.default) != default
    )
    head = f"  --{name}={default}" + (f"  ({others})" if others else "")
    choices = ", ".join(dict.fromkeys(_list_choices(fields)))
    return f"{head}\n      {rule.help}" + (f" One of: {choices}." if choices else "")


def _list_choices(fields):
    return [choice for field in fields.values() for choice in list_choices(rule_of(field))]


def _tell_default(fields):
    return to_text(next(iter(fields.values())).default)


def _first_sentence(fields):
    return rule_of(next(iter(fields.values()))).help.split(". ")[0].rstrip(".") + "."


def _cut(line):
    return line if len(line) <= _COLUMNS else line[: _COLUMNS - 3].rstrip() + "..."
