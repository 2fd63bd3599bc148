"""Rule files → Rules: keys, names, triggers, conditions and whom to tell, each mistake at its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

from bridge.config.destinations import FORMATS, destination_name
from bridge.config.gates import (
    Sent,
    needed,
    read_digest,
    read_hours,
    read_once,
    read_same,
    read_throttle,
)
from bridge.config.nodes import read
from bridge.config.reading import (
    Fields,
    Findings,
    Reader,
    boolean,
    integer,
    lasting_or,
    one_of,
    one_or_more,
    shown,
    text,
    width_of,
    word,
    wrong,
)
from bridge.config.rule_tests import RuleTest, read_tests
from bridge.config.unwanted import look_through
from bridge.config.wording import choices, said, suggestion
from bridge.errors import Problem
from bridge.logs import printable
from bridge.model import Condition, Format, Node, Place, Rule, Step, Target, Tone, Trigger, Unless, fold, replace
from bridge.rules import parse_condition, parse_when
from bridge.sources import Source

DOCS = "docs/rules.md"
FILE_KEYS = ("rules", "tests")
RULE_KEYS = (
    "name",
    "when",
    "if",
    "notify",
    "title",
    "body",
    "format",
    "template",
    "description",
    "enabled",
    "labels",
    "owner",
    "priority",
    "stop",
    "once",
    "throttle",
    "hours",
    "digest",
    "follow_up",
)
FOLLOW_UP_KEYS = ("after", "unless", "notify", "title", "body", "template")
TARGET_KEYS = ("to", "title", "body", "format", "template", "type", "attach")
TONES: tuple[Tone, ...] = ("info", "success", "warning", "failure")
FOLLOW_UP = "{after: 24h, notify: managers}"
LONGEST_NAME = 200
INLINE = frozenset({"title", "body", "attach"})
Inline = tuple[Rule, Target, Mapping[str, Node]]  # words that a rule brings itself, and where they stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What rules may name."""

    sources: Mapping[str, type[Source]]  # by configured name
    destinations: Collection[str]  # groups too
    intervals: Collection[str]
    templates: Collection[str]

    @property
    def events(self) -> dict[str, tuple[str, Mapping[str, tuple[str, ...]]]]:
        return {name: (source.type, source.EVENTS) for name, source in self.sources.items()}


@dataclass(slots=True)
class RuleFiles:
    """The rules read so far, over all files; those whose `when` or `if` cannot be read are told of and left out."""

    known: Known
    findings: Findings
    rules: list[Rule] = field(default_factory=list)
    tests: list[RuleTest] = field(default_factory=list)
    inline: list[Inline] = field(default_factory=list)
    names: dict[str, Node] = field(default_factory=dict)  # name → where it is given first

    def read(self, file: str, content: bytes) -> None:
        node, problems = read(content, file)
        self.findings.problems += problems
        if node is None:
            if not problems:  # an editor or a full disk may have emptied it: that must not take its rules away
                help = "write `rules: []` where none are wanted, or delete the file"
                self.findings.tell(Place(file, 1, 1), "empty", "this file is empty", help=help, docs=DOCS)
            return
        look_through(node, self.findings)
        if b"://" in content:
            self.findings.hide_keys(node)
        top = Fields(node, self.findings, what="a rule file", docs=DOCS)
        if not isinstance(node.value, dict):
            top.map(node, what="a rule file", example="`rules:` and the list of them below it")
            return
        top.only(FILE_KEYS)
        self.tests += read_tests(top, self.known.events, self.known.destinations)
        for item in self._items(top):
            if fields := top.map(item, what="this rule", kind="a rule", example="{name: …, when: …, notify: …}"):
                self._rule(fields)

    def _items(self, top: Fields) -> list[Node]:
        node = top.entries.get("rules")
        if node is None or node.value is None:
            return []
        if isinstance(node.value, list):
            return node.value
        top.tell_key("rules", "wrong-type", "`rules` is a list", help="begin each rule with `- name: …`")
        return []

    def _rule(self, fields: Fields) -> None:
        name = self._name(fields)
        fields.only(RULE_KEYS)
        if "name" not in fields.entries:
            fields.missing("name", "say in a few words what the rule is for")
        when = self._when(fields)
        sent = self.sent(when)
        rule = Rule(
            name=name,
            place=fields.node.place,
            when=when,
            notify=(),
            condition=self._condition(fields, when),
            description=fields.get("description", text, ""),
            enabled=fields.get("enabled", boolean, default=True),
            labels=fields.get("labels", one_or_more(word), ()),
            owner=fields.get("owner", self._destination, None),
            priority=fields.get("priority", integer(-1_000_000, 1_000_000), 0),
            stop=fields.get("stop", boolean, default=False),
            once=read_once(fields, sent),
            throttle=read_throttle(fields, sent),
            hours=read_hours(fields, self.known.intervals),
            digest=read_digest(fields, sent),
        )
        targets = self._notify(fields, rule)
        rule = replace(rule, notify=targets, follow_up=self._follow_up(fields, rule))
        # Without its trigger or its condition a rule would mean something else than was written.
        if when and (rule.condition is not None or "if" not in fields.entries):
            self.rules.append(rule)

    def _name(self, fields: Fields) -> str:
        node = fields.entries.get("name")
        if node is None:
            return ""
        name = fields.take(node, _rule_name, "")
        fields.what = f'rule "{printable(name[:60])}"' if name else "this rule"
        first = self.names.setdefault(name, node) if name else node
        if first is not node:
            tell_duplicate(node, first.place, self.findings)
        return name

    def _when(self, fields: Fields) -> tuple[Trigger, ...]:
        node = fields.entries.get("when")
        if node is None:
            fields.missing("when", "write an event, such as `Project created`")
            return ()
        if "://" in node.text:
            self.findings.hide(node)
        triggers, problems = parse_when(node, self.known.events)
        self._take(problems)
        return triggers

    def _condition(self, fields: Fields, when: tuple[Trigger, ...]) -> Condition | None:
        node = fields.entries.get("if")
        if node is None:
            return None
        types, known = self.sent(when)
        line, told = node.place.line, self.findings.problems
        if node.value == "" and any(one.code == "tag" and one.place.line == line for one in told):
            return None  # `!resource.winner` is a tag without a text, and told of already
        condition, problems = parse_condition(node, types=types, fields=known)
        self._take(problems)
        return condition

    def sent(self, when: tuple[Trigger, ...]) -> Sent:
        """The documented types that may come, and their fields; nothing when one is not documented."""
        types: dict[str, None] = {}
        known: dict[str, frozenset[str]] = {}
        for trigger in when:
            for name, source in self.known.sources.items():
                if trigger.source not in ("*", fold(name), name):
                    continue
                fitting = [one for one in source.EVENTS if trigger.type in ("*", fold(one))]
                if not fitting:
                    return (), {}
                types.update(dict.fromkeys(fitting))
                for one in fitting:
                    known[one] = known.get(one, frozenset()) | source.FIELDS.get(one, frozenset())
        return tuple(types), known

    def _notify(self, fields: Fields, rule: Rule) -> tuple[Target, ...]:
        """Whom a rule or a step of it tells, with the words that stand beside `notify`."""
        node = fields.entries.get("notify")
        if node is None:
            fields.missing("notify", f"write whom to tell: {choices(self.known.destinations)}")
            return ()
        words = self._words(fields)
        items = node.value if isinstance(node.value, list) else [node]
        if not items:
            help = f"destinations: {choices(self.known.destinations)}"
            fields.tell_key("notify", "empty", "`notify` names nobody", help=help)
        targets = [self._target(item, fields, words) for item in items]
        self.inline += [(rule, target, nodes) for target, nodes in targets if nodes.keys() & INLINE]
        return tuple(target for target, _ in targets)

    def _target(self, node: Node, fields: Fields, words: Mapping[str, Node]) -> tuple[Target, Mapping[str, Node]]:
        """One entry of `notify`, and the nodes of its words; what it does not say, the rule says."""
        tone: Tone | None = None
        attach: tuple[str, ...] = ()
        if isinstance(node.value, dict):
            entry = Fields(
                node,
                self.findings,
                what=f"`notify` of {fields.what}",
                kind="an entry of `notify`",
                docs=DOCS + "#notify",
            )
            entry.only(TARGET_KEYS)
            if "to" not in entry.entries:
                entry.missing("to", f"write whom to tell: {choices(self.known.destinations)}")
            to = entry.get("to", self._destination, "")
            tone = entry.get("type", _tone, None)
            own = self._words(entry)
            # A template writes title and body, so one side's template and the other's body cannot both be meant.
            against = {"title", "body"} if "template" in own else {"template"} if "body" in own else set[str]()
            words = {**{key: one for key, one in words.items() if key not in against}, **own}
            if "template" in words:
                words = {key: one for key, one in words.items() if key != "format" or key in own}
            if attach := entry.get("attach", one_or_more(word), ()):
                words["attach"] = entry.entries["attach"]
        else:
            to = fields.take(node, self._destination, "")
        return self._built(to, tone, attach, node, words), words

    def _built(
        self, to: str, tone: Tone | None, attach: tuple[str, ...], node: Node, words: Mapping[str, Node]
    ) -> Target:
        written = {key: str(one.value) for key, one in words.items() if isinstance(one.value, str)}
        return Target(
            to=to,
            template=written.get("template"),
            title=written.get("title"),
            body=written.get("body"),
            format=cast(Format | None, written.get("format") if written.get("format") in FORMATS else None),
            tone=tone,
            attach=attach,
            place=node.place,
            title_line=words["title"].at(0).line if "title" in words else node.place.line,
            body_line=words["body"].at(0).line if "body" in words else node.place.line,
        )

    def _destination(self, node: Node) -> str:
        if "://" in node.text:
            self.findings.hide(node)
        if not self.known.destinations:
            return text(node)  # that the configuration has none is told there
        return destination_name(self.known.destinations)(node)

    def _words(self, fields: Fields) -> dict[str, Node]:
        """The nodes of `title`, `body`, `format` and `template` that can be used."""
        readers: dict[str, Reader[str]] = {
            "title": text,
            "body": text,
            "format": one_of(FORMATS, "format"),
            "template": self._template,
        }
        found = {
            key: fields.entries[key]
            for key, reader in readers.items()
            if key in fields.entries and fields.get(key, reader, None) is not None
        }
        beside = [key for key in ("title", "body", "format") if "template" in found and key in fields.entries]
        if beside:
            message = f"`{beside[0]}` stands beside `template`, which says it all"
            fields.tell_key(beside[0], "two-words", message, help="delete one of them")
        return {key: node for key, node in found.items() if key not in beside}

    def _template(self, node: Node) -> str:
        name = text(node)
        if name not in self.known.templates:
            # One whose name begins with `_` only lends its parts to others.
            whole = sorted(one for one in self.known.templates if not one.rpartition("/")[2].startswith("_"))
            help = f"{suggestion(name, whole)}templates: {choices(whole) or 'there are none'}"
            wrong(node, f"unknown template {shown(node)}", help=help, code="unknown-template")
        return name

    def _follow_up(self, fields: Fields, rule: Rule) -> tuple[Step, ...]:
        node = fields.node_of("follow_up")
        items = [] if node is None else node.value if isinstance(node.value, list) else [node]
        if node is not None and not items:
            fields.tell_key("follow_up", "empty", "`follow_up` has no step", help=f"write {FOLLOW_UP}")
        return tuple(step for item in items if (step := self._step(item, fields, rule)))

    def _step(self, node: Node, fields: Fields, rule: Rule) -> Step | None:
        step = fields.map(node, what=f"`follow_up` of {fields.what}", kind="a step of `follow_up`", example=FOLLOW_UP)
        if step is None:
            return None
        step.only(FOLLOW_UP_KEYS)
        after = needed(step, "after", lasting_or("who is to be told at once stands in `notify`"))
        unless = self._unless(step, rule.when)
        targets = self._notify(step, rule)
        return None if after is None else Step(after=after, notify=targets, unless=unless)

    def _unless(self, step: Fields, when: tuple[Trigger, ...]) -> Unless | None:
        unless = step.inner("unless", example="{when: Project Message created, same: resource.project.gid}")
        if unless is None:
            return None
        unless.only(("when", "if", "same"))
        later = self._when(unless)
        condition = self._condition(unless, later)
        this, that = read_same(unless, self.sent(when), self.sent(later))
        if "same" not in unless.entries and when and later and not _may_be_one(when, later):
            help = "write what both events share, such as `same: resource.project.gid`; without it, only an event of"
            unless.missing("same", f"{help} the same type and gid counts")
        return Unless(when=later, condition=condition, this=this, that=that)

    def _take(self, problems: list[Problem]) -> None:
        self.findings.problems += problems


def tell_duplicate(name: Node, first: Place, findings: Findings) -> None:
    """Two rules of one name could not be told apart, over all files."""
    message = f"a rule named {said(str(name.value))} stands at {first.file}:{first.line} already"
    help = "give this one another name"
    findings.tell(name.place, "duplicate-name", message, help=help, docs=DOCS, width=width_of(name))


def _may_be_one(when: tuple[Trigger, ...], later: tuple[Trigger, ...]) -> bool:
    """Whether an event of each may be of one resource, which is created once."""
    return any(
        _meet(one.source, other.source) and _meet(one.type, other.type) and {one.action, other.action} != {"created"}
        for one in when
        for other in later
    )


def _meet(one: str, other: str) -> bool:
    return one == other or "*" in (one, other)


def _rule_name(node: Node) -> str:
    name = text(node)
    if not name.strip():
        wrong(node, "this name is empty", help="say in a few words what the rule is for")
    if printable(name) != name:
        wrong(node, "this name has an invisible character or a line break", help="write it on one line", code="name")
    if len(name) > LONGEST_NAME:
        wrong(node, f"this name has {len(name):,} characters", help=f"{LONGEST_NAME} at most", code="name")
    return name


def _tone(node: Node) -> Tone:
    return cast(Tone, one_of(TONES, "type")(node))
