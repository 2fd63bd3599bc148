"""`bridge test` and `bridge check` run the tests of rule files with real gates, clocks, templates and tables."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.cli import main
from tests.config.folder import ENVIRON, lay

CONFIG = """\
store: sqlite:///bridge.db
timezone: Europe/Paris
locale: en_GB
time_intervals:
  office: {weekdays: [mon-fri], times: ["09:00-18:00"]}
sources:
  creads: {type: creads, secrets: ["${CREADS_WEBHOOK_SECRET}"]}
destinations:
  projects: {url: console://}
  managers: {url: console://}
  both: [projects, managers]
"""
FINISHED = """\
rules:
  - name: Big project finished
    when: Project updated
    if:
      resource.status: {from: in_progress, to: finished}
      resource.price.amount: {gte: 1000}
    notify:
      - to: projects
        body: "{{ resource.title }}: {{ changes.status.old }} → {{ changes.status.new }}"
      - to: managers
"""
UNANSWERED = """\
rules:
  - name: Delivery waits for an answer
    when: Project Message created
    if: resource.type == "delivery"
    notify: projects
    follow_up:
      - after: 24h
        unless: {when: Project Message created, if: 'resource.type in ["accept", "reject"]', same: resource.project.gid}
        notify: managers
      - after: 48h
        notify: {to: managers, title: Still nothing, body: "after {{ waited }}"}
"""
MESSAGE = "type: Project Message, action: created"


@pytest.fixture(autouse=True)
def environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)


def run(folder: Path, rules: str, *arguments: str) -> int:
    return main(["--config", str(lay(folder, rules, config=CONFIG)), "test", *arguments])


def test_the_example_of_the_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = f"""{FINISHED}
tests:
  - name: a big finished project tells both
    event:
      type: Project
      action: updated
      resource: {{title: Logo, status: finished, price: {{amount: 2000, currency: EUR}}}}
    previous: {{status: in_progress}}
    expect: {{projects: "Logo: in_progress → finished", managers: ~}}
  - name: a small one tells nobody
    event: {{type: Project, action: updated, resource: {{status: finished, price: {{amount: 10}}}}}}
    previous: {{status: in_progress}}
    expect: nothing
"""
    assert run(tmp_path, rules) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 tests, 0 failed"
    assert not (tmp_path / "bridge.db").exists()


def test_none_by_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent = "event: {type: Project, action: updated, resource: {status: paused}}"
    wrong = "event: {type: Project, action: updated, resource: {status: finished, price: {amount: 2000}}}"
    rules = f"""{FINISHED}
tests:
  - {{name: none, {sent}, expect: {{projects: {{count: 0}}}}}}
  - {{name: one, {wrong}, previous: {{status: in_progress}}, expect: {{projects: {{count: 0}}, managers: ~}}}}
"""
    assert run(tmp_path, rules, "--json") == 1
    none, one = json.loads(capsys.readouterr().out)
    assert none["wrong"] == []
    assert one["wrong"][0].startswith("projects must get no message, and got one message\n+ +0s")


def test_what_is_wrong_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    big = "{title: Logo, status: finished, price: {amount: 2000, currency: EUR}}"
    rules = f"""{FINISHED}
tests:
  - name: other words
    event: {{type: Project, action: updated, resource: {big}}}
    previous: {{status: in_progress}}
    expect: {{projects: "Logo: finished", managers: ~}}
  - name: somebody else is told
    event: {{type: Project, action: updated, resource: {big}}}
    previous: {{status: in_progress}}
    expect: {{projects: ~}}
  - name: not fired
    event: {{type: Project, action: updated, resource: {{status: finished, price: {{amount: 10}}}}}}
    previous: {{status: in_progress}}
    expect: {{both: ~}}
"""
    assert run(tmp_path, rules, "--json", "--junit", str(tmp_path / "junit.xml")) == 1
    first, second, third = json.loads(capsys.readouterr().out)
    assert first["wrong"] == [
        "projects got other words, or at another time\nbody:\n- Logo: finished\n+ Logo: in_progress → finished"
    ] or first["wrong"][0].startswith("projects got other words")
    assert second["wrong"][0].startswith("managers must get nothing, and got one message\n+ +0s (Wed 10:00)  by “")
    why = "  “Big project finished” did not fire on Project updated: resource.price.amount gte 1000: found 10"
    assert third["wrong"] == [f"{name} must get a message, and got none\n{why}" for name in ("projects", "managers")]
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "3")
    assert [case.get("line") for case in suite] == ["13", "17", "21"]


@pytest.mark.parametrize(
    ("events", "until", "expect"),
    [
        (f"[{{{MESSAGE}, resource: {{type: delivery, project: {{gid: p1}}}}}}]", "+23h", "{projects: ~}"),
        (
            f"[{{{MESSAGE}, resource: {{type: delivery, project: {{gid: p1}}}}}}]",
            "+25h",
            "{projects: ~, managers: {at: +24h, contains: Unanswered}}",
        ),
        (
            f"[{{{MESSAGE}, resource: {{type: delivery, project: {{gid: p1}}}}}}]",
            "+3d",
            '{projects: ~, managers: {count: 2, at: +48h, title: Still nothing, body: "after 2 days"}}',
        ),
        (
            f"[{{{MESSAGE}, gid: a, resource: {{type: delivery, project: {{gid: p1}}}}}}, "
            f"{{at: +2h, {MESSAGE}, gid: b, resource: {{type: accept, project: {{gid: p1}}}}}}]",
            "+25h",
            "{projects: ~}",
        ),
        (  # another project's answer does not count
            f"[{{{MESSAGE}, gid: a, resource: {{type: delivery, project: {{gid: p1}}}}}}, "
            f"{{at: +2h, {MESSAGE}, gid: b, resource: {{type: accept, project: {{gid: p2}}}}}}]",
            "+25h",
            "{projects: ~, managers: ~}",
        ),
        (  # the same again starts the time anew
            f"[{{{MESSAGE}, gid: a, resource: {{type: delivery, project: {{gid: p1}}}}}}, "
            f"{{at: +20h, {MESSAGE}, gid: b, resource: {{type: delivery, project: {{gid: p1}}}}}}]",
            "+45h",
            "{projects: {count: 2}, managers: {at: +44h}}",
        ),
    ],
)
def test_follow_ups(events: str, until: str, expect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = f"{UNANSWERED}\ntests:\n  - {{name: a, events: {events}, until: {until}, expect: {expect}}}\n"
    code = run(tmp_path, rules)
    assert code == 0, capsys.readouterr().out


COMMENT = "type: Comment, action: created"
FIVE = "\n".join(f"      - {{at: +{n}m, {COMMENT}, gid: c{n}, resource: {{message: no {n}}}}}" for n in range(5))


@pytest.mark.parametrize(
    ("gate", "at", "until", "expect"),
    [
        ("digest: {every: 30m}", "10:00", "+1h", '{projects: {at: +30m, contains: "5 messages"}}'),
        ("digest: {every: 30m, max: 3}", "10:00", "+1h", "{projects: {count: 2}}"),
        ("digest: {every: 30m, max: 5}", "10:00", "+0m", '{projects: {at: +4m, contains: "5 messages"}}'),
        ('digest: {at: "12:00"}', "10:00", "+3h", '{projects: {at: "12:00", contains: "5 messages"}}'),
        ("digest: {every: 30m, by: resource.gid}", "10:00", "+1h", "{projects: {count: 5}}"),
        ("throttle: {max: 2, per: 1h}", "10:00", "+1h", '{projects: {count: 3, at: +1h, contains: "3 more"}}'),
        ("throttle: {max: 2, per: 1h, summary: false}", "10:00", "+2h", "{projects: {count: 2}}"),
        ("throttle: {max: 1, per: 1h, by: resource.gid}", "10:00", "+1h", "{projects: {count: 5}}"),
        ("once: {per: 1d}", "10:00", "+1h", "{projects: ~}"),
        ("once: {per: 2m}", "10:00", "+1h", "{projects: {count: 3}}"),
        ("hours: {only: office, otherwise: drop}", "20:00", "+1d", "nothing"),
        ("hours: {only: office}", "20:00", "+1d", '{projects: {at: "09:00", contains: "5 messages"}}'),
        ("hours: {only: office}", "17:58", "+1d", '{projects: {count: 3, at: "09:00", contains: "3 messages"}}'),
        ("hours: {only: office}", "17:56", "+1d", '{projects: {count: 5, at: "09:00", contains: "no 4"}}'),
    ],
)
def test_gates(gate: str, at: str, until: str, expect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = f"""\
rules:
  - {{name: Chatter, when: Comment created, notify: projects, {gate}}}
tests:
  - name: five comments
    at: "2026-01-14 {at}"
    events:
{FIVE}
    until: {until}
    expect: {expect}
"""
    code = run(tmp_path, rules)
    assert code == 0, capsys.readouterr().out


def test_a_rule_words_its_digest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = f"""\
rules:
  - name: Chatter
    when: Comment created
    notify: projects
    digest: {{every: 30m}}
    title: "{{{{ count }}}} comments"
    body: "{{% for one in events %}}{{{{ one.resource.message }}}};{{% endfor %}}"
tests:
  - name: five comments
    events:
{FIVE}
    until: +30m
    expect: {{projects: {{title: 5 comments, body: "no 0;no 1;no 2;no 3;no 4;"}}}}
"""
    code = run(tmp_path, rules)
    assert code == 0, capsys.readouterr().out


def test_what_is_known_fills_references(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = """\
rules:
  - {name: New, when: Project Message created, notify: projects, body: "on {{ resource.project.title }}"}
tests:
  - name: remembered
    known: [{type: Project, gid: p1, resource: {title: Logo}}]
    event: {type: project_message, action: created, resource: {project: {gid: p1}}}
    expect: {projects: on Logo}
  - name: forgotten between tests
    event: {type: project_message, action: created, resource: {project: {gid: p1, title: Other}}}
    expect: {projects: on Other}
"""
    assert run(tmp_path, rules) == 0, capsys.readouterr().out


def test_check_tells_of_a_failing_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = """\
rules:
  - {name: New, when: Project created, notify: projects, body: "{{ resource.title }}"}
tests:
  - {name: told, event: {type: Project, action: created, resource: {title: Logo}}, expect: {projects: Lego}}
"""
    assert main(["--config", str(lay(tmp_path, rules, config=CONFIG)), "check", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["code"], found["line"], found["severity"]) == ("test-failed", 4, "error")
    assert found["message"] == "test “told” fails: projects got other words, or at another time"


def test_a_template_that_fails_is_noted_though_somebody_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = """\
rules:
  - name: New
    when: Project created
    notify: projects
    body: "in {{ waited }}"
tests:
  - {name: told, event: {type: Project, action: created}, expect: {projects: ~}}
"""
    assert run(tmp_path, rules) == 0
    passed, noted, count = capsys.readouterr().out.splitlines()
    assert (passed, count) == ("✓ told  (rules/messages.yaml:7)", "1 test, 0 failed")
    assert noted.startswith("    ! a template fails, and plain text goes out instead: rules/messages.yaml:5: ")
    assert main(["--config", str(tmp_path / "config.yaml"), "check", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["code"], found["line"], found["severity"]) == ("test-template", 7, "warning")


def test_one_test_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = """\
rules:
  - {name: New, when: Project created, notify: projects}
tests:
  - {name: first, event: {type: Project, action: created}, expect: {projects: ~}}
  - {name: second, event: {type: Project, action: created}, expect: nothing}
"""
    assert run(tmp_path, rules, "FIRST") == 0
    assert run(tmp_path, rules, "third") == 1
    assert "no test has “third” in its name; there are 2 in all" in capsys.readouterr().err


SWITCHED_OFF = """\
rules:
  - {name: New, enabled: false, when: Project created, notify: projects}
  - {name: Other, enabled: %s, when: Project created, notify: managers}
tests:
  - {name: first, event: {type: Project, action: created}, expect: {projects: ~, managers: ~}}
"""


def test_a_rule_is_switched_off_without_rewriting_its_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, SWITCHED_OFF % "true") == 0, capsys.readouterr().out
    assert run(tmp_path, SWITCHED_OFF % "false") == 0, capsys.readouterr().out
    assert run(tmp_path, SWITCHED_OFF.replace("managers: ~}}", "managers: other}}") % "false") == 1


def test_a_draft_that_is_switched_off_disturbs_no_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = (SWITCHED_OFF % "true").replace("projects: ~, ", "")
    assert run(tmp_path, rules) == 0, capsys.readouterr().out
