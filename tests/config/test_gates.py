"""Gates and follow-ups of rule files as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.config.snapshot import load
from bridge.model import Digest, Hours, Once, Rule, Throttle, Trigger, Unless
from tests.config.folder import ENVIRON, lay

GOLDEN = Path(__file__).with_name("golden")
PROJECT = ("resource", "project", "gid")
MESSAGE = Trigger(source="*", type="projectmessage", action="created")


@pytest.fixture
def rules(tmp_path: Path) -> dict[str, Rule]:
    snapshot = load(lay(tmp_path, (GOLDEN / "gates.yaml").read_text(encoding="utf-8")), ENVIRON)
    return {rule.name: rule for rule in snapshot.rules}


def test_gates(rules: dict[str, Rule]) -> None:
    rule = rules["Chatter"]
    assert rule.once == Once(per=86400.0, by=(("resource", "gid"), ("event", "type")))
    assert rule.throttle == Throttle(max=20, per=3600.0, by=(PROJECT,), summary=False)
    assert rule.hours == Hours(only="office", otherwise="drop")
    assert rule.digest == Digest(at=("09:00", "17:00"), by=(PROJECT,), max=50)
    assert rule.follow_up == ()


def test_a_rule_without_gates(rules: dict[str, Rule]) -> None:
    rule = rules["Project that stays a draft"]
    assert (rule.once, rule.throttle, rule.hours, rule.digest) == (None, None, None, None)


def test_follow_up_with_steps(rules: dict[str, Rule]) -> None:
    rule = rules["Delivery waits for an answer"]
    first, second = rule.follow_up
    assert (first.after, second.after) == (86400.0, 3 * 86400.0)
    assert first.unless is not None
    assert (first.unless.when, first.unless.this, first.unless.that) == ((MESSAGE,), (PROJECT,), (PROJECT,))
    assert first.unless.condition is not None
    assert second.unless == Unless(
        when=(Trigger(source="*", type="project", action="updated"),), this=(PROJECT,), that=(("resource", "gid"),)
    )


def test_a_follow_up_without_same(rules: dict[str, Rule]) -> None:
    (step,) = rules["Project that stays a draft"].follow_up
    assert step.unless == Unless(when=(Trigger(source="*", type="project", action="*"),))


def test_what_a_step_says(tmp_path: Path) -> None:
    text = """\
rules:
  - name: Project waits
    when: Project created
    title: Of the rule
    body: Of the rule
    notify: [projects, {to: managers, attach: "{{ resource.thumbnail }}"}]
    follow_up:
      - after: 1d
        title: Of the step
        notify:
          - projects
          - {to: managers, body: "{{ waited }}", type: warning, attach: [a, b]}
          - {to: ops, template: default.md.j2}
      - {after: 2d, notify: projects}
"""
    (rule,) = load(lay(tmp_path, text), ENVIRON).rules
    assert [(one.to, one.title, one.attach) for one in rule.notify] == [
        ("projects", "Of the rule", ()),
        ("managers", "Of the rule", ("{{ resource.thumbnail }}",)),
    ]
    step, other = rule.follow_up
    assert [(one.to, one.title, one.body, one.template, one.tone, one.attach) for one in step.notify] == [
        ("projects", "Of the step", None, None, None, ()),
        ("managers", "Of the step", "{{ waited }}", None, "warning", ("a", "b")),
        ("ops", None, None, "default.md.j2", None, ()),
    ]
    # What neither the entry nor its step says, the default template does: the rule's words are of its first message.
    assert [(one.to, one.title, one.body, one.template) for one in other.notify] == [("projects", None, None, None)]
