"""`console://` prints one clear block, and nothing in it moves the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bridge.delivery.console import escaped
from bridge.delivery.senders import Senders
from bridge.model import Notification


async def printed(capfd: pytest.CaptureFixture[str], *notes: Notification) -> str:
    senders = Senders(threads=4)
    await senders.start()
    for note in notes:
        outcome = await senders.send(id=1, url="console://", notification=note, deadline=5)
        assert outcome.result == "delivered"
    await senders.stop(0)
    return re.sub(r"\d\d:\d\d:\d\d", "12:00:00", capfd.readouterr().out)


async def test_a_block(capfd: pytest.CaptureFixture[str]) -> None:
    out = await printed(
        capfd,
        Notification(title="Project finished: Logo", body="by Ada\n\n**Approve** it\n", format="markdown"),
        Notification(title="", body="only\na body", format="text"),
        Notification(title="é\x1b[2J\nx", body="\x9b1m\ttab\u202eevil\ud800\r", format="text"),
    )
    assert out == (
        "[12:00:00] Project finished: Logo\n    by Ada\n    \n    **Approve** it\n\n"
        "[12:00:00] only\n    a body\n\n"
        "[12:00:00] é\\x1b[2J\n    x\n    \\x9b1m\\x09tab\\u202eevil\ufffd\\x0d\n\n"
    )


TEXTS = Path(__file__).resolve().parents[1] / "corpus" / "texts.json"


@pytest.mark.skipif(not TEXTS.exists(), reason="tests/corpus/texts.json is missing")
def test_hostile_texts_do_not_act_on_a_terminal() -> None:
    lines = json.loads(TEXTS.read_text())["items"]
    checked = 0
    for line in lines:
        for banned in line["must_not_live"].get("console", []):
            if isinstance(line["value"], str):
                assert banned not in escaped(line["value"])
                checked += 1
    assert checked > 20
