"""docs/destinations.md knows every refusal that Bridge explains, and its addresses can be used."""

from __future__ import annotations

import re

import pytest

from bridge.delivery import meanings
from bridge.delivery.check import check_url
from tests.docs.pages import blocks, text_of

PAGE = "docs/destinations.md"
ADDRESSES = [
    found[1]
    for block in blocks("sh")
    if block.page == PAGE
    for found in re.finditer(r"^export \w+_URL='(.+)'$", block.text, re.MULTILINE)
]


def test_every_refusal_is_explained() -> None:
    tables = [*meanings.SAYS.values(), meanings.TELEGRAM, meanings.MAIL]
    said = {words for table in tables for words in table.values()}
    said |= {*meanings._STATUS.values(), *meanings._MAIL_STATUS.values()}
    missing = sorted(words for words in said if words not in text_of(PAGE))
    assert not missing


@pytest.mark.parametrize("kind", meanings.SAYS)
def test_every_code_is_named(kind: str) -> None:
    missing = [code for code in meanings.SAYS[kind] if not re.search(rf"(?<!\w){code}(?!\w)", text_of(PAGE))]
    assert not missing


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:14])
def test_an_address_can_be_used(address: str) -> None:
    assert [problem for problem in check_url(address) if problem.severity == "error"] == []


def test_there_are_addresses() -> None:
    assert len(ADDRESSES) >= 6
