"""Files that are edited while the service runs: what is right goes live, what is wrong keeps its last good text."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import CONFIG, Live, Sink, envelope

RULE = """\
rules:
  - name: {name}
    when: Project created
    notify: [{{to: sink, title: "{title}", body: "{{{{ resource.title }}}}"}}]
"""
TEMPLATE = "{{% block title %}}{0}{{% endblock %}}{{% block body %}}{{{{ resource.title }}}}{{% endblock %}}"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    sink = Sink()
    service = Live(tmp_path, sink, rules=RULE.format(name="First", title="one"))
    yield service
    service.stop()
    sink.close()


def write(live: Live, name: str, text: str) -> None:
    path = live.folder / name
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".new").write_text(text, encoding="utf-8")
    os.replace(path.with_suffix(".new"), path)  # as editors do


def refused(live: Live) -> list[str]:
    return [text for text in live.get("/readyz")[1]["problems"] if "not in force" in text]


def told(live: Live, title: str) -> list[dict[str, Any]]:
    return [body for body in live.sink.to("ops") if title in body["title"]]


class Post:
    """Posts new projects and gives the titles that came of one."""

    def __init__(self, live: Live) -> None:
        self.live, self.number = live, 0

    def titles(self, wanted: int) -> list[str]:
        before = len(self.live.sink.to("sink"))
        self.number += 1
        assert self.live.post(envelope(str(self.number), title=f"Logo {self.number}"))[0] == 202
        self.live.until(lambda: len(self.live.sink.to("sink")) >= before + wanted, what="told")
        return sorted(body["title"] for body in self.live.sink.to("sink")[before:])


def rules(live: Live) -> set[str]:
    return {rule["name"] for file in live.api("/rules")["items"] for rule in file["rules"]}


def test_a_rule_is_edited_broken_and_mended(live: Live) -> None:
    live.start()
    post = Post(live)
    assert post.titles(1) == ["one"]
    write(live, "rules/all.yaml", RULE.format(name="Edited", title="two"))
    live.until(lambda: rules(live) == {"Edited"}, what="edited")
    assert post.titles(1) == ["two"]

    write(live, "rules/all.yaml", RULE.format(name="Broken", title="three").replace("when:", "whn:"))
    write(live, "rules/more.yaml", RULE.format(name="More", title="more"))
    live.until(lambda: rules(live) == {"Edited", "More"} and refused(live), what="refused")
    assert post.titles(2) == ["more", "two"]
    [problem] = refused(live)
    assert problem.startswith("rules/all.yaml is not in force, an earlier text of it is: rules/all.yaml:3:5: error[")
    assert "bridge_files_refused 1.0" in live.get("/metrics")[1]
    [file] = [file for file in live.api("/rules")["items"] if file["file"] == "rules/all.yaml"]
    assert {"unknown-key", "missing-key"} & {one["code"] for one in file["problems"]}
    assert file["refused"] is True
    live.until(lambda: told(live, "Not taken: rules/all.yaml"), what="operators told")
    news = told(live, "Not taken")
    checked = live.bridge("check")
    assert checked.returncode == 1
    assert "unknown key `whn`" in checked.stdout
    assert "unknown key `whn`" in news[0]["message"]
    assert len(news) == 1

    write(live, "rules/all.yaml", RULE.format(name="Mended", title="four"))
    live.until(lambda: rules(live) == {"Mended", "More"}, what="mended")
    assert refused(live) == []
    live.until(lambda: told(live, "Taken again: rules/all.yaml"), what="end told")
    assert len(told(live, "Not taken")) == 1
    assert post.titles(2) == ["four", "more"]


def test_an_emptied_file_and_one_that_is_deleted(live: Live) -> None:
    write(live, "rules/more.yaml", RULE.format(name="More", title="more"))
    live.start()
    (live.folder / "rules" / "all.yaml").write_text("")
    live.until(lambda: refused(live), what="refused")
    assert rules(live) == {"First", "More"}
    (live.folder / "rules" / "all.yaml").unlink()
    live.until(lambda: rules(live) == {"More"}, what="deleted")
    assert refused(live) == []
    live.until(lambda: told(live, "Gone: rules/all.yaml"), what="its end told")
    assert told(live, "Taken again") == []
    (live.folder / "rules").rename(live.folder / "elsewhere")
    live.until(lambda: refused(live), what="folder gone")
    assert rules(live) == {"More"}


def test_commands_go_on_beside_a_file_with_errors(live: Live) -> None:
    live.start()
    post = Post(live)
    assert post.titles(1) == ["one"]
    live.until(lambda: live.api("/deliveries?state=delivered")["items"], what="delivered")
    write(live, "rules/z.yaml", RULE.format(name="Slip", title="z").replace("Project created", "Projct created"))
    live.until(lambda: refused(live), what="refused")
    for line in (
        "deliveries --state delivered",
        "destinations",
        "destinations pause sink",
        "destinations resume sink",
        "destinations test sink",
        "events",
        "explain 1",
        "render 1",
        "replay d1 --dry-run",
        "replay --destination sink --state delivered --anew --dry-run",
        "rules list",
        "silence list",
        f"backup {live.folder / 'copy.db'}",
    ):
        done = live.bridge(*line.split())
        assert done.returncode == 0, (line, done.stderr)
        assert done.stderr.count("rules/z.yaml has errors") == 1, (line, done.stderr)
        assert len(done.stderr.splitlines()) == 1, (line, done.stderr)
    assert live.bridge("check").returncode == live.bridge("test").returncode == 1

    # As for the service, its earlier text counts for a file that had one.
    write(live, "rules/all.yaml", RULE.format(name="Broken", title="two").replace("when:", "whn:"))
    live.until(lambda: len(refused(live)) == 2, what="refused")
    again = live.bridge("replay", "e1", "--dry-run")
    assert (again.returncode, "First" in again.stdout) == (0, True), again.stdout + again.stderr
    assert "rules/all.yaml and 1 more have errors" in again.stderr

    live.config.write_text(live.config.read_text() + "\nloacle: fr_FR\n")
    events = live.bridge("events")
    assert events.returncode == 1
    assert "unknown key `loacle`" in events.stderr


def test_a_broken_configuration(live: Live) -> None:
    live.start()
    config = live.config.read_text()
    live.config.write_text(config + "\nloacle: fr_FR\n")
    write(live, "rules/more.yaml", RULE.format(name="More", title="more"))
    live.until(lambda: rules(live) == {"First", "More"} and refused(live), what="refused")
    assert refused(live)[0].startswith("config.yaml is")
    assert live.post(envelope("1", title="x"))[0] == 202
    # Without a destination that rules name: the configuration brought that in, so it is the one to wait.
    live.config.write_text(config.replace("  sink: {", "  drain: {"))
    live.until(lambda: "config.yaml" in refused(live)[0] or None, what="still refused")
    live.until(lambda: "sink" in str(told(live, "Not taken: config.yaml")), what="told")
    write(live, "rules/all.yaml", RULE.format(name="First", title="one").replace("sink", "drain"))
    write(live, "rules/more.yaml", RULE.format(name="More", title="more").replace("sink", "drain"))
    live.until(lambda: not refused(live), what="in force")
    live.config.write_text(
        config.replace("  sink: {", "  drain: {").replace("/sink", "/sink") + "senders: {threads: 4}\n"
    )
    live.until(lambda: "`senders`" in str(live.get("/readyz")[1]["problems"]), what="waits for a restart")


def test_a_source_is_added_and_its_secret_masked(live: Live) -> None:
    live.start()
    config = live.config.read_text()
    assert live.request("POST", "/hooks/other", b"{}")[0] == 404
    secret = "another-secret-of-the-tests-98765"
    live.config.write_text(
        config.replace("destinations:", f'  other: {{type: creads, secrets: ["{secret}"]}}\ndestinations:')
    )
    live.until(lambda: live.request("POST", "/hooks/other", b"{}")[0] == 401, what="known")
    live.stop()
    assert secret not in live.log.read_text()


def test_a_template(live: Live) -> None:
    write(live, "templates/mine.md.j2", TEMPLATE.format("early"))
    write(
        live, "rules/all.yaml", "rules:\n  - {name: First, when: Project created, notify: sink, template: mine.md.j2}\n"
    )
    live.start()
    post = Post(live)
    assert post.titles(1) == ["early"]
    write(live, "templates/mine.md.j2", TEMPLATE.format("late").replace("resource", "resuorce"))
    live.until(lambda: refused(live), what="refused")
    assert refused(live)[0].startswith("templates/mine.md.j2 is not in force, an")
    assert post.titles(1) == ["early"]
    (live.folder / "templates" / "mine.md.j2").unlink()  # a rule still names it
    live.until(lambda: "templates/mine.md.j2" in str(refused(live)) and "unknown" in str(refused(live)), what="kept")
    assert post.titles(1) == ["early"]
    write(live, "templates/mine.md.j2", TEMPLATE.format("late"))
    live.until(lambda: not refused(live), what="mended")
    assert post.titles(1) == ["late"]


def test_sighup_and_a_start_with_a_broken_file(live: Live) -> None:
    write(live, "rules/more.yaml", RULE.format(name="More", title="more"))
    live.start()
    secret = live.folder / "secret"  # nobody watches it
    secret.write_text("one-secret-of-the-tests-98765")
    live.config.write_text(
        live.config.read_text().replace('"${TEST_SECRET}"', f'"${{TEST_SECRET}}", "${{file:{secret}}}"')
    )
    live.until(lambda: "files.taken" in live.log.read_text(), what="taken")
    secret.write_text("")
    assert refused(live) == []
    live.process.send_signal(signal.SIGHUP)
    live.until(lambda: refused(live), what="reloaded")
    secret.write_text("two-secret-of-the-tests-98765")
    live.process.send_signal(signal.SIGHUP)
    live.until(lambda: not refused(live), what="reloaded")
    live.stop()
    write(live, "rules/more.yaml", "rules: [")
    write(live, "rules/new.yaml", "rules: [")
    live.start()  # the store still has what was good
    assert rules(live) == {"First", "More"}
    assert [text.partition(" ")[0] for text in refused(live)] == ["rules/more.yaml", "rules/new.yaml"]
    assert "rules/more.yaml:1:9: error" in live.log.read_text()
    live.stop()
    live.config.write_text(CONFIG.replace("sources:", "suorces:"))
    assert live.bridge("serve").returncode == 1


def test_a_change_that_fails_the_files_tests_is_not_taken(live: Live) -> None:
    tests = """
tests:
  - name: told
    event: {{type: Project, action: created, resource: {{title: Logo}}}}
    expect: {{sink: {{title: {0}}}}}
"""
    live.start()
    post = Post(live)
    write(live, "rules/all.yaml", RULE.format(name="Tested", title="two") + tests.format("two"))
    live.until(lambda: rules(live) == {"Tested"}, what="taken")
    write(live, "rules/all.yaml", RULE.format(name="Failing", title="three") + tests.format("two"))
    live.until(lambda: refused(live), what="refused")
    assert "test-failed" in refused(live)[0]
    live.until(lambda: told(live, "rules/all.yaml"), what="told")
    assert "test “told” fails: sink got other words" in told(live, "rules/all.yaml")[-1]["message"]
    assert post.titles(1) == ["two"]
    write(live, "rules/all.yaml", RULE.format(name="Right", title="three") + tests.format("three"))
    live.until(lambda: rules(live) == {"Right"}, what="taken")
