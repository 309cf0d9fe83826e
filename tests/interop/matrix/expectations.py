"""cannot.toml: which cells cannot pass, who is to blame, and what is said then."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

FIELDS = {"writer", "client", "format", "material", "storage", "size"}


@dataclass
class Rule:
    where: dict[str, list[str]]
    side: str
    says: re.Pattern
    reason: str
    met: bool = False

    def matches(self, cell):
        return all(getattr(cell, field) in values for field, values in self.where.items())


def load(path: Path) -> list[Rule]:
    rules = []
    for entry in tomllib.loads(path.read_text())["cannot"]:
        side, says, reason = entry.pop("side"), re.compile(entry.pop("says")), entry.pop("reason")
        if unknown := entry.keys() - FIELDS:
            raise ValueError(f"{path}: unknown fields {sorted(unknown)}")
        where = {field: values if isinstance(values, list) else [values] for field, values in entry.items()}
        rules.append(Rule(where, side, says, " ".join(reason.split())))
    return rules


def judge(rules, outcomes):
    """The number of the rule that explains each failed cell, and complaints about what is not as expected."""
    explained, complaints = {}, {}  # (row, beginning of the complaint) -> complaint, sizes
    for cell, failure in outcomes.items():
        number = next((number for number, rule in enumerate(rules) if rule.matches(cell)), None)
        rule = None if number is None else rules[number]
        if rule:
            rule.met = True
        if failure is None and rule is None:
            continue
        if failure is None:
            complaint = f"passes, but cannot.toml says that it cannot: {rule.reason}"
        elif rule is None:
            complaint = f"{failure.side} cannot: {failure.says}"
        elif failure.side != rule.side or not rule.says.search(failure.says):
            complaint = f"fails otherwise than cannot.toml says ({rule.side}: {rule.says.pattern}): {failure.side}: {failure.says}"
        else:
            explained[cell] = number
            continue
        row = (cell.writer, cell.client, cell.format, cell.material, cell.storage)
        complaints.setdefault((row, complaint[:50]), (complaint, []))[1].append(cell.size)
    return explained, [f"{' / '.join(row)} / {', '.join(sizes)}:\n    {complaint}" for (row, _), (complaint, sizes) in complaints.items()]


def never_met(rules):
    return [f"cannot.toml: no cell is like {rule.where}: {rule.reason}" for rule in rules if not rule.met]
