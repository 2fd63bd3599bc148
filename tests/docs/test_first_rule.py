"""Who has read docs/rules.md writes the rule of an unanswered delivery, makes mistakes, and is led to each mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli import main
from tests.docs.pages import blocks
from tests.docs.test_examples import ENVIRON, lay

RULE = next(
    block.text
    for block in blocks("yaml")
    if block.page == "docs/rules.md" and "Delivery waits for an answer" in block.text and "tests:" in block.text
)
LATER = 'if: \'resource.type in ["accept", "reject"]\''
KEY = ", same: resource.project.gid"
SAME = KEY + "}\n        notify: managers\n"

# what is broken: what stood there, what stands there now; where it is told, in which words, and the mend
MISTAKES = {
    "a text without quotes": ('== "delivery"', "== delivery", "4:26: error[unknown-root]", '"delivery"'),
    "one `=`": ('== "delivery"', '= "delivery"', "4:23: error[expression]", "write `==`"),
    "another word than is sent": ('== "delivery"', '== "delivry"', "17:5: error[test-failed]", 'found "delivery"'),
    "an event nobody sends": ("created\n    if", "sent\n    if", "3:27: error[unknown-action]", "Message created"),
    "a key in other words": ("follow_up:", "followup:", "6:5: error[unknown-key]", "did you mean `follow_up`?"),
    "a time in words": ("after: 24h", "after: 24 hours", "7:16: error[duration]", "1h"),
    "a condition without quotes": (LATER, LATER.replace("'", ""), "8:17: error[yaml]", "stands in quotes as a whole"),
    "what both events share": (SAME, SAME.replace(KEY, ""), "8:18: error[missing-key]", KEY[2:]),
    "a field that is misspelt": (SAME, SAME.replace("project", "projet"), "8:100: warning", "mean `project.gid`?"),
    "a destination": ("notify: managers", "notify: manager", "9:17: error[unknown-destination]", "`managers`"),
    "a template's name": ("{{ waited }}", "{{ wait }}", "11:34: error[unknown-name]", "did you mean `waited`?"),
    "a template's end": ("{{ waited }}", "{{ waited }", "11:16: error[template-syntax]", "`}}`"),
    "indentation": ("      - after: 24h", "    after: 24h", "8:15: error[yaml]", "indent it as its neighbours"),
    "a clock that stops": ("    until: +25h\n", "", "17:5: error[test-failed]", "write until: +24h, or later"),
    "whoever is not named": ("{projects: ~, m", "{m", "17:5: error[test-failed]", "projects must get nothing"),
}  # fmt: skip


def told(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("CREADS_WEBHOOK_SECRET", ENVIRON["CREADS_WEBHOOK_SECRET"])
    main(["--config", str(lay(folder, {"rules/delivery.yaml": text})), "check"])
    return capsys.readouterr().out


def test_it_is_right_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "1 rule: no problems." in told(tmp_path, RULE, monkeypatch, capsys)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_leads_to_its_mend(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stood, stands, where, mend = MISTAKES[mistake]
    assert stood in RULE
    said = told(tmp_path, RULE.replace(stood, stands, 1), monkeypatch, capsys)
    first = said.split("\n\n")[0]
    assert f"delivery.yaml:{where}" in first, said
    assert mend in first, said
