"""Rule files as pages show them: their rules, their lines, and what `bridge check` says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from bridge.config.report import Report, as_text
from bridge.config.snapshot import Snapshot
from bridge.config.wording import lines_of
from bridge.errors import Problem
from bridge.model import Rule, Trigger, fold
from bridge.web import charts
from bridge.web.code import marked
from bridge.web.history import Week
from bridge.web.look import Look

MOST_PROBLEMS = 5  # told in full
LARGEST = 256 * 1024  # bytes of a refused file that are read
AROUND = 80  # lines shown on either side of a rule

NEVER = Week(days=(0,) * 7, last=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule in a list."""

    rule: Rule
    when: str
    to: str
    notes: Sequence[str]
    fired: Week
    bars: str


def line_of(look: Look, snapshot: Snapshot, rule: Rule, fired: Mapping[str, Week]) -> RuleLine:
    """A rule with what it did in the last 7 days."""
    counts = fired.get(rule.name, NEVER)
    return RuleLine(
        rule=rule,
        when=when(snapshot, rule),
        to=", ".join(dict.fromkeys(target.to for target in rule.notify)),
        notes=notes(look, rule),
        fired=counts,
        bars=charts.bars(counts.days),
    )


def when(snapshot: Snapshot, rule: Rule) -> str:
    """Project updated, Work created: in the spelling of the documentation."""
    return ", ".join(dict.fromkeys(_spelled(snapshot, trigger) for trigger in rule.when))


def _spelled(snapshot: Snapshot, trigger: Trigger) -> str:
    kind = trigger.type
    for source in snapshot.sources.values():
        kind = source.documented(trigger.type) or kind
    name = next((name for name in snapshot.sources if fold(name) == trigger.source), trigger.source)
    return f"{'' if trigger.source == '*' else f'{name}: '}{kind} {trigger.action}"


def notes(look: Look, rule: Rule) -> list[str]:
    """What else a rule does, in a word each."""
    told = {
        "once": rule.once,
        "throttled": rule.throttle,
        "digest": rule.digest,
        "office hours": rule.hours,
        "follow-up": rule.follow_up,
        "last to fire": rule.stop,
    }
    return [look.say(word) for word, given in told.items() if given]


def told(snapshot: Snapshot, file: str, problems: Sequence[Problem], text: str | None) -> Markup:
    """The words of `bridge check`, its mark under the place drawn out."""
    report = Report(
        problems=problems[:MOST_PROBLEMS],
        files=1,
        rules=0,
        snapshot=None,
        texts={} if text is None else {file: text},
        secrets=snapshot.secrets,
    )
    lines = as_text(report).rstrip("\n").split("\n")[:-1]  # without its count
    return Markup("\n").join(
        Markup("<em>{}</em>").format(line) if line.strip(" |^") == "" and "^" in line else escape(line)
        for line in lines
    )


def on_disk(snapshot: Snapshot, file: str) -> str | None:
    """A rule file as it lies there now; only of those that are read as rules."""
    path = snapshot.settings.path.parent / file
    if file not in snapshot.files and file not in snapshot.refused:
        return None
    if not path.is_relative_to(snapshot.settings.rules) or not path.is_file():
        return None
    with path.open("rb") as content:
        return content.read(LARGEST).decode("utf-8-sig", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Lines of a file, the rule's own ones marked."""

    first: int
    lines: Sequence[tuple[int, bool, Markup]]  # number, is it the rule's, text
    whole: bool


def source(snapshot: Snapshot, rule: Rule) -> Source:
    """The file that a rule stands in, or what is around the rule."""
    lines = lines_of(snapshot.files.get(rule.place.file, ""))
    others = [other.place.line for other in snapshot.rules if other.place.file == rule.place.file]
    begin = rule.place.line
    end = min([line for line in others if line > begin], default=len(lines) + 1)
    for number in range(begin, end - 1):
        if lines[number][:1].isalpha():  # the next key of the file
            end = number + 1
            break
    while end - 1 > begin and _is_between(lines[end - 2]):
        end -= 1
    first, last = max(1, begin - AROUND), min(len(lines), end + AROUND)
    return Source(
        first=first,
        lines=[(number, begin <= number < end, marked(lines[number - 1])) for number in range(first, last + 1)],
        whole=last - first + 1 == len(lines),
    )


def _is_between(line: str) -> bool:
    """Whether a line at the end of a rule belongs to what follows."""
    return not line.strip() or line.lstrip().startswith("#")
