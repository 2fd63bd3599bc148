"""Everything that the pages show can be used as it is: YAML, templates, commands and requests."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from bridge.cli import parser
from bridge.config import report
from bridge.config.check import check
from bridge.config.shipped import shipped
from bridge.config.snapshot import load
from bridge.model import replace
from bridge.rehearsal import rehearse
from bridge.store import Store
from bridge.web import Window, build
from tests.docs.pages import Block, blocks, text_of

CONFIG = """\
sources:
  creads: {type: creads, secrets: ["${CREADS_WEBHOOK_SECRET}"]}
destinations:
  projects: {url: console://}
  managers: {url: console://}
  ops: {url: console://}
  studio: {url: console://}
  sink: {url: console://}
"""
ENVIRON = {
    "CREADS_WEBHOOK_SECRET": "0123456789abcdef0123",
    "CREADS_NEXT_SECRET": "3210fedcba98765432100",
    "BRIDGE_ADMIN_TOKEN": "0123456789abcdef0123456789",
    "SLACK_URL": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "MAIL_URL": "mailtos://user:a-password@smtp.example.com?from=bridge@example.com&to=managers@example.com",
    "TEAMS_URL": "workflows://prod-1.westeurope.logic.azure.com:443/643e69f83c8944/4KFGSAG-3zaAGC_PLuTTA",
    "DISCORD_URL": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "TELEGRAM_URL": "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "NTFY_URL": "ntfys://ntfy.example.com/ops",
    "SHOP_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u",
    "PARTNER_SECRET": "fedcba98765432100123",
}
WRONG = re.compile(r"(?:# config\.yaml\n)?# wrong: ([a-z-]+)")
NEEDS = re.compile(r"# needs: (.+)")  # a line of config.yaml
TEMPLATE = re.compile(r"\{# (templates/\S+) #\}")

yaml_blocks = pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.id)


def lay(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files beside a standard configuration; gives the path of config.yaml."""
    for name in ("rules", "templates"):
        (folder / name).mkdir()
    for name, text in {"config.yaml": CONFIG, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    return folder / "config.yaml"


def problems(folder: Path, files: Mapping[str, str]) -> str:
    """What `bridge check` says; empty when it has nothing to say but that an example has no rules."""
    found = check(lay(folder, files), ENVIRON)
    found = replace(found, problems=[one for one in found.problems if one.code != "no-rules"])
    return report.as_text(found) if found.problems else ""


def file_of(block: Block) -> dict[str, str]:
    if block.opening == "# config.yaml":
        return {"config.yaml": block.text}
    needs = NEEDS.match(block.opening)
    return {"rules/example.yaml": block.text, **({"config.yaml": CONFIG + needs[1] + "\n"} if needs else {})}


@yaml_blocks
def test_yaml_says_what_bridge_understands(block: Block, tmp_path: Path) -> None:
    wrong = WRONG.match(block.text)
    said = problems(tmp_path, file_of(block))
    if wrong:
        assert f"[{wrong[1]}]" in said, f"{block.id} is right, or wrong in another way:\n{said}"
    else:
        assert not said, f"{block.id}:\n{said}"


@pytest.mark.parametrize(
    "block", [one for one in blocks("yaml") if "\ntests:\n" in one.text], ids=lambda block: block.id
)
async def test_tests_of_examples_hold(block: Block, tmp_path: Path) -> None:
    snapshot = load(lay(tmp_path, file_of(block)), ENVIRON)
    results = await rehearse(snapshot, snapshot.tests)
    assert results
    assert not [line for result in results for line in result.wrong]


@pytest.mark.parametrize("block", blocks("jinja"), ids=lambda block: block.id)
def test_templates_can_be_used(block: Block, tmp_path: Path) -> None:
    named = TEMPLATE.match(block.opening)
    assert named, f"{block.id} begins with the template's name: {{# templates/… #}}"
    said = problems(tmp_path, {named[1]: block.text})
    assert not said, f"{block.id}:\n{said}"


def test_every_operator_of_the_table_can_be_written_so(tmp_path: Path) -> None:
    table = re.findall(r"^\| `\w+`.*\|$", text_of("docs/conditions.md"), re.MULTILINE)
    rules = []
    for number, row in enumerate(table):
        _, mapping, line = re.findall(r"(?:`[^`]*`|[^|])+", row)[:3]
        rules += _rule(f"{number} as a map", mapping.strip(" `").join("{}"))
        if "`" in line:
            rules += _rule(f"{number} on one line", "|\n" + " " * 6 + line.strip(" `"))
    assert len(rules) > 2 * len(table)
    said = problems(tmp_path, {"rules/table.yaml": "rules:\n" + "\n".join(rules)})
    assert not said, said


def _rule(name: str, condition: str) -> list[str]:
    return [f"  - name: {name}", '    when: ["Project *", "Work *"]', f"    if: {condition}", "    notify: projects"]


def commands() -> list[tuple[str, str]]:
    """(place, line) of every line that runs bridge."""
    found = []
    for block in blocks("sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            if re.search(r"(^|[\s=])bridge\s", line.partition("#")[0]):
                found.append((block.id, line))
    return found


@pytest.mark.parametrize(("place", "line"), commands())
def test_commands_are_those_of_bridge(place: str, line: str) -> None:
    words = shlex.split(line.removeprefix("docker compose exec bridge "), comments=True)
    arguments = words[words.index("bridge") + 1 :]
    for end in ("|", ">", "&&", ";", "2>"):
        arguments = arguments[: arguments.index(end)] if end in arguments else arguments
    parser().parse_args(arguments)  # leaves by SystemExit when it cannot be read


def routes() -> set[str]:
    """Every path that the pages and the API answer."""
    snapshot = load(shipped("config.example.yaml"), ENVIRON)
    window = Window(store=cast(Store, None), snapshot=lambda: snapshot, token="", state=lambda: "running")
    return {re.sub(r"<(?:\w+:)?\w+>", "ID", rule.rule) for rule in build(window).url_map.iter_rules()}


def test_requests_go_to_paths_that_exist() -> None:
    shown = "\n".join(block.text for block in blocks("sh"))
    asked = {path.rstrip("/") or "/" for path in re.findall(r"127\.0\.0\.1:8080(/[\w/.%-]*)", shown)}
    known = {*routes(), "/hooks/creads"}
    assert {re.sub(r"/\d+|(?<=/api/v1/rules)/[^/]+", "/ID", path) for path in asked} <= known
    described = {path for path in routes() if path.startswith("/api/")}
    missing = {path for path in described if path.replace("ID", "{id}") not in text_of("docs/api.md")}
    assert not missing, f"not in docs/api.md: {missing}"
