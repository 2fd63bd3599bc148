"""The configuration file as values: what each key becomes, its default, and the paths it starts at."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.config.check import check
from bridge.config.settings import Settings, load_settings
from bridge.config.shipped import shipped
from bridge.config.snapshot import load
from bridge.delivery.kinds import kind_of
from bridge.errors import Invalid
from bridge.gates import Interval
from tests.config.folder import CONFIG, ENVIRON, lay

EVERYTHING = """\
#--- config.yaml
listen: "[::1]:9000"
listen_hooks: 127.0.0.1:9001
public_url: https://bridge.example.com/
store: sqlite:///state/b.db
rules: rules
templates: ./templates
timezone: Europe/Paris
locale: fr-FR
admin_token: ${TOKEN}
operators: [everybody, ops]
redact: [iban, Card_Number]
why_link: true
log: {format: json, level: debug}
senders: {processes: 2, threads: 8}
sources:
  shop:
    type: creads
    secrets: ["${CREADS_WEBHOOK_SECRET}", "${OLD}"]
    duplicate_window: 10m
    max_body: 2000
    links: {project: "https://example.com/p/{gid}"}
destinations:
  ops: {url: console://, format: text, concurrency: 1, retry: {schedule: [5s, 300ms], give_up_after: 2h}}
  projects: {url: "${SLACK_URL}"}
  everybody: [projects, ops, projects]
"""


def settings_of(folder: Path, text: str) -> Settings:
    settings, problems = load_settings(lay(folder, text), {**ENVIRON, "TOKEN": "t" * 24, "OLD": "o" * 24})
    assert settings is not None
    assert problems == []
    return settings


def test_every_key(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, EVERYTHING)
    assert (settings.listen, settings.listen_hooks) == (("::1", 9000), ("127.0.0.1", 9001))
    assert settings.public_url == "https://bridge.example.com"
    assert settings.store == f"sqlite:///{tmp_path}/state/b.db"
    assert (settings.rules.resolve(), settings.templates.resolve()) == (tmp_path / "rules", tmp_path / "templates")
    assert (settings.timezone, settings.locale, settings.admin_token) == ("Europe/Paris", "fr_FR", "t" * 24)
    assert settings.operators == ("projects", "ops")
    assert settings.redact == {"token", "authorization", "password", "secret", "iban", "cardnumber"}
    assert (settings.log.format, settings.log.level, settings.why_link) == ("json", "debug", True)
    assert (settings.senders.processes, settings.senders.threads) == (2, 8)
    source = settings.sources["shop"]
    assert source.secrets == (ENVIRON["CREADS_WEBHOOK_SECRET"].encode(), b"o" * 24)
    assert (source.type, source.duplicate_window, source.max_body) == ("creads", 600.0, 2000)
    assert source.links == {"Project": "https://example.com/p/{gid}"}
    ops = settings.destinations["ops"]
    assert (ops.url, ops.kind, ops.format, ops.concurrency) == ("console://", kind_of("console://"), "text", 1)
    assert (ops.schedule, ops.give_up_after) == ((5.0, 0.3), 7200.0)
    assert settings.groups == {"everybody": ("projects", "ops")}


def test_what_is_not_said(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, f"#--- config.yaml\n{CONFIG}")
    assert (settings.listen, settings.listen_hooks) == (("127.0.0.1", 8080), None)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.store == f"sqlite:///{tmp_path}/data/bridge.db"
    assert (settings.timezone, settings.locale, settings.admin_token) == ("UTC", "en", "")
    source = settings.sources["creads"]
    assert (source.duplicate_window, source.max_body, dict(source.links)) == (86400.0, 1024 * 1024, {})
    assert (settings.destinations["ops"].schedule, settings.destinations["ops"].concurrency) == ((), 4)


@pytest.mark.parametrize(
    ("written", "store"),
    [
        ("sqlite:////var/lib/bridge.db", "sqlite:////var/lib/bridge.db"),
        ("postgresql://bridge@db/bridge", "postgresql://bridge@db/bridge"),
    ],
)
def test_stores(written: str, store: str, tmp_path: Path) -> None:
    assert settings_of(tmp_path, f"#--- config.yaml\nstore: {written}\n{CONFIG}").store == store


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    report = check(tmp_path / "config.yaml", {})
    assert [(one.code, one.message) for one in report.problems] == [("unreadable", "this file does not exist")]
    with pytest.raises(Invalid, match="does not exist"):
        load(tmp_path / "config.yaml", {})


def test_the_example_is_sound() -> None:
    report = check(shipped("config.example.yaml"), {"CREADS_WEBHOOK_SECRET": "a-secret-of-some-length"})
    assert list(report.problems) == []
    assert report.snapshot is not None
    assert {destination.url for destination in report.snapshot.settings.destinations.values()} == {"console://"}


def test_the_example_asks_for_its_secret_alone() -> None:
    problems = check(shipped("config.example.yaml"), {}).problems
    assert [problem.message for problem in problems] == ["the variable `CREADS_WEBHOOK_SECRET` is not set"]


def test_time_intervals(tmp_path: Path) -> None:
    config = """\
#--- config.yaml
timezone: Europe/Paris
time_intervals:
  office: {weekdays: [mon-thu, sat], times: ["09:00-12:30", "14:00-24:00"], holidays: FR-57}
  nights: {weekdays: [fri-mon], times: ["22:00-06:00"], timezone: UTC}
  days: {holidays: FR}
"""
    intervals = settings_of(tmp_path, config + CONFIG).time_intervals
    paris, utc = ZoneInfo("Europe/Paris"), ZoneInfo("UTC")
    half_past, midnight = time(12, 30), time(0)
    assert intervals == {
        "office": Interval(
            weekdays=frozenset({0, 1, 2, 3, 5}),
            spans=((time(9), half_past), (time(14), midnight)),
            holidays="FR-57",
            zone=paris,
        ),
        "nights": Interval(weekdays=frozenset({4, 5, 6, 0}), spans=((time(22), time(6)),), zone=utc),
        "days": Interval(holidays="FR", zone=paris),
    }
