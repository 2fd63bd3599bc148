"""docs/editors.md: each example gets the warnings it names, and every warning there is stands in the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.config.check import check
from bridge.config.lint import lint_files
from tests.docs.pages import ROOT, Block, blocks, text_of
from tests.docs.test_examples import ENVIRON, lay

LINTED = re.compile(r"# lint: ([\w -]+)")
EXAMPLES = [block for block in blocks("yaml") if LINTED.match(block.opening)]


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.id)
def test_an_example_is_warned_of(block: Block, tmp_path: Path) -> None:
    found = check(lay(tmp_path, {"rules/example.yaml": block.text}), ENVIRON)
    assert found.snapshot is not None
    codes = {problem.code for problem in lint_files(found, found.snapshot, {}, ()).problems}
    assert codes == set(block.opening.removeprefix("# lint: ").split())


def test_every_warning_is_in_the_table() -> None:
    code = (ROOT / "bridge/rules/lint.py").read_text() + (ROOT / "bridge/config/lint.py").read_text()
    codes = set(re.findall(r'(?:_warning|_at_name)\([^"\n]*"([a-z-]+)"|code="([a-z-]+)"', code))
    named = {one or other for one, other in codes}
    assert len(named) >= 6
    missing = [name for name in named if f"| `{name}` |" not in text_of("docs/editors.md")]
    assert not missing
