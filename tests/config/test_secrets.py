"""No output holds a secret: canaries in every place of the configuration, with each kind of mistake around them."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from bridge.config.check import check
from bridge.config.report import as_github, as_json, as_text
from bridge.config.snapshot import load
from tests.config.folder import lay

CANARY = "cAnarY7/3f9a+71c2=b8"
FORMS = {CANARY, quote(CANARY), quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode().rstrip("=")}
IN_FILE = CANARY.replace("/", "-").replace("+", "-").replace("=", "-")

HEAD = 'sources:\n  creads: {type: creads, secrets: ["${SECRET}"]}\ndestinations:\n  ops: {url: console://}\n'


def printed(path: Path, environ: dict[str, str]) -> str:
    report = check(path, environ)
    whole = "\n".join([as_text(report), as_text(report, color=True), as_json(report), as_github(report)])
    return whole + repr(report) + repr(report.snapshot) + "".join(map(repr, report.problems))


@pytest.mark.parametrize(
    "config",
    [
        HEAD,
        HEAD.replace("creads, secrets", "creads, secert"),
        HEAD.replace('["${SECRET}"]', '"${SECRET}"'),
        HEAD.replace('["${SECRET}"]', '{a: "${SECRET}"}'),
        HEAD.replace("type: creads", 'type: "${SECRET}"'),
        HEAD.replace("console://", '"${SECRET}"'),
        HEAD.replace("console://", '"slack://${SECRET}"'),
        HEAD.replace("console://", '"mailtos://user:${SECRET}@example.com?fron=x"'),
        HEAD.replace("console://", '"json://${SECRET}@example.com/"'),
        HEAD.replace("{url: console://}", '"${SECRET}"'),
        HEAD.replace("{url:", '{ulr: "${SECRET}", url:'),
        HEAD + 'admin_token: "${SECRET}"\nlisten: 0.0.0.0:1\n',
        HEAD + 'admin_token: ["${SECRET}"]\n',
        HEAD + 'admin_tokn: "${SECRET}"\n',
        HEAD + 'store: "postgresql://bridge:${SECRET}@db/bridge"\n',
        HEAD + 'store: "postgres://bridge:${SECRET}@db/bridge"\n',
        HEAD + 'users: {ana: {password: "${SECRET}", role: view}}\n',
        HEAD + 'public_url: "http://user:${SECRET}@bridge.example.com"\n',
        HEAD + 'locale: "${SECRET}"\n',
        HEAD + 'timezone: "${SECRET}"\n',
        HEAD + 'log: {level: "${SECRET}"}\n',
        HEAD + 'operators: "${SECRET}"\n',
    ],
)
def test_a_variable_is_never_shown(config: str, tmp_path: Path) -> None:
    path = lay(tmp_path, f"#--- config.yaml\n{config}")
    text = printed(path, {"SECRET": CANARY})
    assert not [form for form in FORMS if form in text]


@pytest.mark.parametrize(
    "config",
    [
        "sources:\n  creads: {type: creads, secrets: [CANARY]}\n",
        "sources:\n  creads:\n    type: creads\n    secrets:\n      - CANARY\n",
        "sources:\n  creads:\n    type: creads\n    secrets: |\n      CANARY\n",
        "sources:\n  creads: {type: creads, secert: [CANARY]}\n",
        'sources:\n  creads: {type: creads, secrets: ["CANARY]}\n',
        "sources:\n  creads: {type: creads, secrets: [CANARY}\n",
        "sources:\n  creads:\n    secrets: CANARY\n   type: creads\n",
        "sources:\n  creads:\n    secrets: [x]\n    secrets: [CANARY]\n",
        "destinations:\n  ops:\n    url: slack://CANARY\n",
        "destinations:\n  ops:\n    url: >-\n      slack://\n      CANARY\n",
        "destinations:\n  ops: slack://CANARY\n",
        "destinations:\n  ops: [slack://CANARY]\n",
        "destinations:\n  slack://CANARY\n",
        'destinations:\n  ops: {url: !x "slack://CANARY"}\n',
        "destinations:\n  ops: {url: &a slack://CANARY, url: *a}\n",
        "destinations:\n  ops: {url: @slack://CANARY}\n",
        "admin_token: CANARY\nadmin_token: CANARY\n",
        "admin_token: CANARY\n\tx: 1\n",
        "store: postgresql://bridge:CANARY@db/bridge\nstoer: sqlite:///x\n",
        "destinations:\n  ops: {slack://CANARY}\n",
        "destinations:\n  ops: {slack://T1JJ3T3L2/A1BRTD4JD/CANARY: x}\n",
        'destinations:\n  ops:\n    "https://hooks.slack.com/services/CANARY": x\n',
        "destinations:\n  slack://CANARY: {url: console://}\n",
        "sources:\n  https://example.com/hooks/CANARY: {type: creads}\n",
        "slack://CANARY: x\n",
    ],
)
def test_a_value_in_the_file_is_never_shown(config: str, tmp_path: Path) -> None:
    path = lay(tmp_path, f"#--- config.yaml\n{config.replace('CANARY', IN_FILE)}")
    assert IN_FILE not in printed(path, {})


@pytest.mark.parametrize(
    "rule",
    [
        "when: Project created\n    notify: {slack://CANARY: x}",
        "when: Project created\n    notify: slack://CANARY",
        "when: Project created\n    notify: [ops, 'slack://CANARY']",
        "when: Project created\n    notify: ops\n    slack://CANARY: x",
        "when: Project created\n    notify: ops\n    if: {slack://CANARY: 1}",
        "when: slack://CANARY\n    notify: ops",
        "when: {slack://CANARY: x}\n    notify: ops",
    ],
)
def test_an_address_in_a_rule_is_never_shown(rule: str, tmp_path: Path) -> None:
    written = "rules:\n  - name: A\n    " + rule.replace("CANARY", f"T1JJ3T3L2/A1BRTD4JD/{IN_FILE}") + "\n"
    path = lay(tmp_path, written)
    assert check(path, {"CREADS_WEBHOOK_SECRET": "a-secret-of-some-length"}).problems
    text = printed(path, {"CREADS_WEBHOOK_SECRET": "a-secret-of-some-length"})
    assert IN_FILE[:12] not in text


def test_a_secret_in_a_rule_is_told_and_not_shown(tmp_path: Path) -> None:
    for written in (
        f"mailtos://bridge:{IN_FILE}@example.com",
        "xoxb-1234567890-abcdefghijkl",
        "token: 0123456789abcdef0123456789abcdef",
    ):
        rule = f'rules:\n  - name: A\n    when: Project created\n    notify: ops\n    body: "{written}"\n'
        report = check(lay(tmp_path, rule), {"CREADS_WEBHOOK_SECRET": "a-secret-of-some-length"})
        assert [(one.code, one.place.line) for one in report.problems] == [("secret", 5)], written
        assert written not in as_text(report) + as_json(report) + as_github(report)


def test_the_snapshot_knows_what_to_mask(tmp_path: Path) -> None:
    config = HEAD.replace("console://", '"${URL}"') + 'admin_token: "${TOKEN}"\n'
    environ = {
        "SECRET": CANARY,
        "TOKEN": "a-token-of-twenty-four-x",
        "URL": "mailtos://bridge:pass%20word@example.com?to=a@example.com",
    }
    snapshot = load(lay(tmp_path, f"#--- config.yaml\n{config}"), environ)
    assert {CANARY, environ["TOKEN"], environ["URL"], "pass word"} <= set(snapshot.secrets)
    assert not [value for value in environ.values() if value in repr(snapshot.settings)]
