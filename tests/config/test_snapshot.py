"""Rules, templates and configuration together: what a snapshot holds, its version, and the rules of earlier ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.config.check import check
from bridge.config.shipped import shipped
from bridge.config.snapshot import load, rules_of
from bridge.errors import Invalid
from bridge.model import Event, Leaf, Trigger
from bridge.rules import facts_of
from tests.config.folder import ENVIRON, lay

TEMPLATE = "{% block title %}New{% endblock %}{% block body %}{{ resource.title }}{% endblock %}"
RULES = """\
rules:
  - name: Whole
    description: everything said
    when: [Project created, "creads: Project_Message *"]
    if: resource.price.amount >= 1000
    notify:
      - projects
      - {to: managers, body: "{{ resource.title }}", format: markdown, type: success}
      - {to: ops, template: creads/new.md.j2}
    title: "New: {{ resource.title }}"
    enabled: false
    labels: [money, early]
    owner: ops
    priority: 5
    stop: true
  - {name: Small, when: "* *", notify: everybody}
"""


def text(rules: str = RULES) -> str:
    return f"#--- templates/creads/new.md.j2\n{TEMPLATE}\n#--- rules/deep/er.yaml\n{rules}"


def test_a_rule_as_a_value(tmp_path: Path) -> None:
    snapshot = load(lay(tmp_path, text()), ENVIRON)
    whole, small = snapshot.rules
    assert whole.when == (
        Trigger(source="*", type="project", action="created"),
        Trigger(source="creads", type="projectmessage", action="*"),
    )
    assert isinstance(whole.condition, Leaf)
    assert (whole.name, whole.description, whole.owner) == ("Whole", "everything said", "ops")
    assert (whole.enabled, whole.labels, whole.priority, whole.stop) == (False, ("money", "early"), 5, True)
    assert (whole.place.file, whole.place.line, small.place.line) == ("rules/deep/er.yaml", 2, 16)
    first, second, third = whole.notify
    assert (first.to, first.title, first.body, first.format) == ("projects", "New: {{ resource.title }}", None, None)
    assert (second.body, second.title, second.format, second.tone) == (
        "{{ resource.title }}",
        "New: {{ resource.title }}",
        "markdown",
        "success",
    )
    assert (third.template, third.title) == ("creads/new.md.j2", None)
    assert (small.enabled, small.labels, small.owner, small.priority, small.stop) == (True, (), None, 0, False)


def test_what_a_snapshot_holds(tmp_path: Path) -> None:
    snapshot = load(lay(tmp_path, text()), ENVIRON)
    assert snapshot.files == {"rules/deep/er.yaml": RULES}
    assert "creads/new.md.j2" in snapshot.templates.names
    assert snapshot.sources["creads"].name == "creads"
    assert ENVIRON["CREADS_WEBHOOK_SECRET"] in snapshot.secrets
    assert snapshot.problems == ()
    event = Event(
        id=1,
        source="creads",
        type="Project",
        action="deleted",
        gid="1",
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        resource={},
        previous=None,
        changes={},
    )
    assert [rule.name for rule in snapshot.matcher.match(event, facts_of(event, event.received_at))] == ["Small"]


def test_the_version_is_of_rules_and_templates(tmp_path: Path) -> None:
    def version(changed: str, config: str = "") -> str:
        path = lay(tmp_path, changed)
        path.write_text(path.read_text() + config)
        return load(path, ENVIRON).version

    first = version(text())
    assert version(text()) == first
    assert len(first) == 16
    assert version(text(), "timezone: Europe/Paris\n") == first
    assert version(text(RULES.replace("Small", "Little"))) != first
    assert version(text().replace(">New<", ">Old<")) == first
    assert version(text().replace("}New{", "}Old{")) != first


def test_errors_leave_no_snapshot_and_warnings_do(tmp_path: Path) -> None:
    path = lay(tmp_path, text(RULES.replace("priority: 5", "priorty: 5").replace("to: ops", "to: opps")))
    with pytest.raises(Invalid) as raised:
        load(path, ENVIRON)
    assert [one.code for one in raised.value.problems] == ["unknown-destination", "unknown-key"]
    assert check(path, ENVIRON).snapshot is None
    path = lay(tmp_path, text(RULES.replace("resource.price.amount", "resource.pirce.amount")))
    assert [one.severity for one in load(path, ENVIRON).problems] == ["warning"]


def test_a_template_of_the_folder_stands_before_the_one_that_ships(tmp_path: Path) -> None:
    own = TEMPLATE.replace("New", "Mine")
    before = load(lay(tmp_path, ""), ENVIRON)
    after = load(lay(tmp_path, f"#--- templates/default.md.j2\n{own}"), ENVIRON)
    assert "default.md.j2" in before.templates.names
    assert before.version != after.version
    assert sorted(before.templates.names) == sorted(after.templates.names)


def test_rules_of_an_earlier_version(tmp_path: Path) -> None:
    snapshot = load(lay(tmp_path, text()), ENVIRON)
    earlier = {
        "rules/a.yaml": RULES.replace("to: managers", "to: somebody who left").replace(
            "creads/new.md.j2", "gone.md.j2"
        ),
        "rules/b.yaml": "rules:\n  - {name: No condition, when: '* *', if: 'a ==', notify: ops}\n"
        "  - {name: No trigger, when: Project, notify: ops}\n  - {name: Fine, when: Work created, notify: ops}\n",
        "rules/c.yaml": "rules: [",
    }
    rules = rules_of(earlier, snapshot.settings, snapshot.sources)
    assert [(rule.name, rule.place.file) for rule in rules] == [
        ("Whole", "rules/a.yaml"),
        ("Small", "rules/a.yaml"),
        ("Fine", "rules/b.yaml"),
    ]
    same = rules_of(snapshot.files, snapshot.settings, snapshot.sources)
    assert [(r.name, r.when, r.condition, r.place) for r in same] == [
        (r.name, r.when, r.condition, r.place) for r in snapshot.rules
    ]


def test_every_event_of_the_example_tells_projects() -> None:
    snapshot = load(shipped("config.example.yaml"), {"CREADS_WEBHOOK_SECRET": "a-secret-of-some-length"})
    for kind, actions in snapshot.sources["creads"].EVENTS.items():
        for action in actions:
            event = Event(
                id=1,
                source="creads",
                type=kind,
                action=action,
                gid="1",
                received_at=datetime(2026, 1, 1, tzinfo=UTC),
                resource={},
                previous=None,
                changes={},
            )
            fired = snapshot.matcher.match(event, facts_of(event, event.received_at))
            assert [target.to for rule in fired for target in rule.notify] == ["projects"], (kind, action)
