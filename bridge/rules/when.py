"""`when`: `[source:] <type> <action>`, each part a name or `*`; checked against what the sources can send."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.errors import Problem, Severity
from bridge.model import Node, Trigger, fold
from bridge.rules.findings import Findings, width_of, written
from bridge.rules.wording import DOCS_WHEN, choices, said, suggestion

ANY = "*"
EXAMPLE = "write a type and an action: `Project created`, `Project *`, `* deleted`"

Events = Mapping[str, tuple[str, ...]]  # documented type → its actions
Sources = Mapping[str, tuple[str, Events]]  # configured name → type of source, what it sends

_WORD = re.compile(r"\S+")


def parse_when(node: Node, sources: Sources) -> tuple[tuple[Trigger, ...], list[Problem]]:
    """The triggers of a `when`, and all that is wrong in it."""
    findings = Findings(DOCS_WHEN)
    items = node.value if isinstance(node.value, list) else [node]
    if not items:
        findings.tell(node.place, "empty-list", "this list names no event", help=EXAMPLE)
    triggers = [trigger for item in items if (trigger := _Reading(item, sources, findings).trigger())]
    return tuple(dict.fromkeys(triggers)), findings.problems


@dataclass(frozen=True, slots=True)
class _Word:
    """A part of a `when`, and where it begins in it."""

    text: str
    offset: int

    @property
    def folded(self) -> str:
        return ANY if self.text == ANY else fold(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Senders:
    """The sources that a trigger may come from, as one."""

    events: Events
    severity: Severity  # a warning where sources of several types may send, since one may send what none documents
    never: str  # “Creads never sends”
    send: str  # “Creads sends”


@dataclass(frozen=True, slots=True)
class _Reading:
    """One item of a `when` being read."""

    node: Node
    sources: Sources
    findings: Findings

    def trigger(self) -> Trigger | None:
        if not isinstance(self.node.value, str):
            width = width_of(self.node)
            self.findings.tell(self.node.place, "wrong-type", "an event is a text", help=EXAMPLE, width=width)
            return None
        text = written(self.node).rstrip()
        name, colon, _ = text.partition(":")
        source = _Word(name.strip() if colon else ANY, 0)
        senders = self._senders(source)
        words = [_Word(word[0], word.start()) for word in _WORD.finditer(text, len(name) + 1 if colon else 0)]
        if len(words) < 2:
            whole = words[0] if words else _Word(text, 0)
            message = f"{said(whole.text)} names no action" if words else "this names no event"
            self._tell(whole, "event", message, self._meant(whole, senders) or EXAMPLE)
            return None
        kind, action = _Word(text[words[0].offset : words[-1].offset].rstrip(), words[0].offset), words[-1]
        if senders:
            self._check(kind, action, senders)
        return Trigger(source=source.folded, type=kind.folded, action=action.folded)

    def _tell(self, word: _Word, code: str, message: str, help: str, severity: Severity = "error") -> None:
        width = len(word.text) if self.node.exact else 1
        self.findings.tell(self.node.at(word.offset), code, message, help=help, width=width, severity=severity)

    def _senders(self, source: _Word) -> _Senders | None:
        """Who may send it; None when nothing is known of one of them."""
        found = [what for name, what in self.sources.items() if source.folded in (ANY, fold(name))]
        if self.sources and not found:
            help = f"{suggestion(source.text, self.sources)}sources: {choices(self.sources)}"
            self._tell(source, "unknown-source", f"unknown source {said(source.text)}", help)
        if not found or not all(events for _, events in found):
            return None
        events: dict[str, tuple[str, ...]] = {}
        for _, sent in found:
            events |= {kind: tuple(dict.fromkeys((*events.get(kind, ()), *actions))) for kind, actions in sent.items()}
        if len({type_of_source for type_of_source, _ in found}) > 1:
            never = "no source is known to send"
            return _Senders(events=events, severity="warning", never=never, send="they send")
        name = found[0][0].capitalize()
        return _Senders(events=events, severity="error", never=f"{name} never sends", send=f"{name} sends")

    def _check(self, kind: _Word, action: _Word, senders: _Senders) -> None:
        """Tell of an event that nobody sends."""
        types = [name for name in senders.events if kind.folded in (ANY, fold(name))]
        actions = list(dict.fromkeys(one for name in types for one in senders.events[name]))
        if not types:
            help = f"{suggestion(kind.text, senders.events)}types: {choices(senders.events)}"
            self._tell(kind, "unknown-type", f"{senders.never} {said(kind.text)}", help, senders.severity)
        elif action.folded != ANY and action.folded not in map(fold, actions):
            help = suggestion(action.text, actions)
            if kind.text == ANY:
                message, help = f"{senders.never} {said(action.text)}", f"{help}actions: {choices(actions)}"
            else:
                message = f"{senders.never} {said(f'{types[0]} {action.text}')}"
                help += f"{senders.send} {_and(f'`{types[0]} {one}`' for one in actions)}"
            self._tell(action, "unknown-action", message, help, senders.severity)

    def _meant(self, word: _Word, senders: _Senders | None) -> str:
        """What one word alone may mean: `Project`, `project.created`, `ProjectCreated`."""
        folded = fold(word.text).replace(".", "")
        for kind, actions in senders.events.items() if senders else ():
            if folded == fold(kind):
                return f"write `{kind} *`, or {_and((f'`{kind} {one}`' for one in actions), 'or')}"
            if near := next((one for one in actions if folded == fold(kind + one)), None):
                return f"write `{kind} {near}`"
        return ""


def _and(words: Iterable[str], joined: str = "and") -> str:
    *first, last = words
    return f"{', '.join(first)} {joined} {last}" if first else last
