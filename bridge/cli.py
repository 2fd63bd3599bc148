"""The command line: parse arguments, call one function each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bridge import __version__
from bridge.errors import BridgeError, WrongUsage

FINE, PROBLEMS, USAGE = 0, 1, 2  # the last is also argparse's


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments; `--config` works before and after the command."""
    top = argparse.ArgumentParser(prog="bridge", description="Webhooks in, rules in YAML, notifications out.")
    top.add_argument("--version", action="version", version=f"bridge {__version__}")
    top.add_argument(
        "--config", metavar="FILE", type=Path, default=None, help="default: $BRIDGE_CONFIG or ./config.yaml"
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", metavar="FILE", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, about: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=about, description=about, parents=[shared])

    init = command("init", "Write a commented config, rules and templates to start from.")
    init.add_argument("dir", metavar="DIR", type=Path)
    serve = command("serve", "Receive, match and deliver, until SIGTERM.")
    serve.add_argument("--init", action="store_true", help="first write an example where there is no configuration")
    command("password", "Ask for a password, print the hash to write into `users`.")
    check = command("check", "Name every problem in config, rules and templates.")
    check.add_argument("--format", choices=("text", "json", "github"), default="text")
    check.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    _editing(command, shared)
    _silencing(command, shared)
    _delivering(command, shared)
    _replaying(command)
    _keeping(command)
    _trying(command)
    _showing(command)
    demo = command("demo", "Serve the example, post sample events to it, show what was sent.")
    demo.add_argument("--once", action="store_true", help="end after the table")
    send = command("send", "Sign an event file and post it as the source would.")
    send.add_argument("source", metavar="SOURCE")
    send.add_argument("file", metavar="FILE", type=Path)
    send.add_argument("--url", help="default: the hook of `listen` in the configuration")
    return top


def _trying(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Rules tried before they are in force."""
    test = command("test", "Run the tests in rule files: real rules, gates, clocks and templates; nothing is sent.")
    test.add_argument("name", metavar="TEXT", nargs="?", help="only the tests that have this in their name")
    test.add_argument("--junit", metavar="FILE", type=Path, help="also write the results as JUnit XML")
    test.add_argument("--json", action="store_true")
    backtest = command("backtest", "Replay stored events against edited rules, show what would differ; sends nothing.")
    backtest.add_argument("--since", metavar="DURATION", default="7d", help="how far back; default: 7d")
    backtest.add_argument("--rules", metavar="DIR", type=Path, help="the edited rules; default: the configured folder")
    backtest.add_argument("--limit", metavar="N", type=_number, help="the newest N events only")
    backtest.add_argument("--json", action="store_true")


def _showing(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """What happened."""
    explain = command("explain", "For one event: what each rule made of it, and what was sent.")
    explain.add_argument("event", metavar="EVENT_ID|FILE")
    explain.add_argument("--rule", metavar="NAME", help="this rule only")
    explain.add_argument("--json", action="store_true")
    for name, about, states in (
        ("events", "List stored events, newest first.", "received, matched, stale"),
        ("deliveries", "List deliveries, newest first.", "pending, held, merged, delivered, failed, suppressed"),
    ):
        listing = command(name, about)
        listing.add_argument("--state", metavar="STATE", help=states)
        for field in ("gid", "type", "action", "source", "rule", "destination", "q", "since", "until"):
            listing.add_argument(f"--{field}", metavar=field.upper())
        listing.add_argument("--limit", type=_number, default=20)
        listing.add_argument("--cursor", metavar="ID", help="`next` of the page before, as --json prints it")
        listing.add_argument("--json", action="store_true")


def _editing(command: Callable[[str, str], argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """The commands for those who write rules."""
    lint = command("lint", "Warn of what is most likely not meant: rules that never fire, are shadowed or untested.")
    lint.add_argument("--json", action="store_true")
    schema = command("schema", "Print the JSON Schema of rule files or of config.yaml, for editors.")
    schema.add_argument("file", choices=("rules", "config"), nargs="?", default="rules", help="default: rules")
    rules = command("rules", "List rules, show one, switch one on or off in its file.")
    actions = rules.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, about in (
        ("list", "List all rules in the order they are asked."),
        ("show", "Show what a file says of one rule."),
        ("enable", "Switch a rule on."),
        ("disable", "Switch a rule off; it stays checked."),
    ):
        action = actions.add_parser(name, help=about, description=about, parents=[shared])
        if name != "list":
            action.add_argument("name", metavar="NAME")
        action.add_argument("--json", action="store_true")


def _silencing(command: Callable[[str, str], argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Keeping messages from people for a while."""
    silence = command("silence", "Keep messages from people for a while; list and end what does so.")
    actions = silence.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, about: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=about, description=about, parents=[shared])
        made.add_argument("--json", action="store_true")
        return made

    add = action("add", "Silence what fits all that is said; from now on, or from a time.")
    for name, about in (
        ("rule", "messages of this rule"),
        ("destination", "messages to this destination"),
        ("source", "events of this source"),
        ("type", "events about this type of resource"),
        ("gid", "events about this one resource"),
    ):
        add.add_argument(f"--{name}", metavar="NAME" if name != "gid" else "GID", help=about)
    add.add_argument("--where", metavar="EXPRESSION", help='such as: resource.status == "draft"')
    add.add_argument("--everything", action="store_true", help="instead of all of these")
    add.add_argument("--for", dest="lasts", metavar="DURATION", required=True, help="30m, 2h, 3d")
    add.add_argument("--from", dest="starts", metavar="TIME", help="ISO 8601, UTC where no zone is given; default: now")
    add.add_argument("--why", metavar="TEXT", required=True, help="shown beside each message that is kept back")
    add.add_argument("--who", metavar="NAME", help="default: the user of this system")
    listing = action("list", "List the silences that hold now or will.")
    listing.add_argument("--all", action="store_true", help="those that are over as well")
    end = action("end", "End a silence now; what it swallowed is not sent.")
    end.add_argument("id", metavar="ID", type=_id)
    end.add_argument("--who", metavar="NAME", help="default: the user of this system")


def _delivering(command: Callable[[str, str], argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Destinations by hand."""
    destinations = command("destinations", "List destinations and how they stand; pause, resume or test one.")
    destinations.add_argument("--json", action="store_true")
    actions = destinations.add_subparsers(dest="action", metavar="ACTION")
    for name, about in (
        ("pause", "Hold all that waits for it and all that comes, until `resume`."),
        ("resume", "Let what is held leave in order."),
        ("test", "Send it a message now, past every queue, and say how that ended."),
    ):
        action = actions.add_parser(name, help=about, description=about, parents=[shared])
        action.add_argument("name", metavar="NAME")
        action.add_argument("--who", metavar="WHO", help="default: the user of this system")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        if name == "pause":
            action.add_argument("--why", metavar="TEXT", help="shown beside each message that is held")


def _replaying(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Sending again what is past."""
    replay = command("replay", "Match an event anew, or send a delivery again; or all deliveries that failed.")
    replay.add_argument("what", metavar="EVENT|dDELIVERY", nargs="?", help="17, e17 or event:17; d31 or delivery:31")
    replay.add_argument("--delivery", metavar="ID", type=_id, help="the same as dID")
    for name, about in (
        ("since", "all deliveries made since this time (ISO 8601, UTC where no zone is given)"),
        ("until", "… and before this time"),
        ("destination", "… to this destination"),
        ("rule", "… of this rule; of an event: this rule only"),
        ("state", "failed (default), suppressed, merged, delivered"),
    ):
        replay.add_argument(f"--{name}", metavar=name.upper(), help=about)
    replay.add_argument("--to", metavar="NAME", help="to this destination instead")
    replay.add_argument("--anew", action="store_true", help="deliveries: rendered with today's rules, not as they were")
    replay.add_argument("--force", action="store_true", help="an event: silences and gates are not asked")
    replay.add_argument("--dry-run", action="store_true", help="only show what would be sent")
    replay.add_argument("--who", metavar="NAME", help="default: the user of this system")
    replay.add_argument("--json", action="store_true")


def _keeping(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """The words of an event, and the store as a whole."""
    render = command("render", "Print the notifications that an event gives; nothing is sent.")
    render.add_argument("event", metavar="EVENT_ID|FILE")
    render.add_argument("--rule", metavar="NAME", help="this rule, whether it fires or not")
    render.add_argument("--template", metavar="NAME", help="this template, such as creads/project.created.md.j2")
    render.add_argument("--destination", metavar="NAME", help="as this destination would get it")
    render.add_argument("--json", action="store_true")
    doctor = command("doctor", "Look at everything around Bridge: files, store, disk, clock, addresses, destinations.")
    doctor.add_argument("--json", action="store_true")
    for name, about in (
        ("backup", "Copy a SQLite store into a new file, while the service runs."),
        ("restore", "Put a backup in the place of a SQLite store, while the service is stopped."),
    ):
        copying = command(name, about)
        copying.add_argument("file", metavar="FILE", type=Path)
        copying.add_argument("--json", action="store_true")
    moving = command("migrate-store", "Copy everything into another, empty store, while the service is stopped.")
    moving.add_argument("url", metavar="URL", help="sqlite:///path or postgresql://user@host/name")
    moving.add_argument("--json", action="store_true")


def _id(text: str) -> int:
    """An id of the store."""
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 2**63:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no id: a whole number such as 17")
    return int(text)


def _number(text: str) -> int:
    """A whole number over nothing."""
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 2**63:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no whole number over 0")
    return int(text)


def config_path(given: Path | None) -> Path:
    """The configuration to use: `--config`, else $BRIDGE_CONFIG, else ./config.yaml."""
    return given or Path(os.environ.get("BRIDGE_CONFIG") or "config.yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code: 0 fine, 1 problems found, 2 wrong usage."""
    wanted = parser().parse_args(arguments)
    from bridge.commands import command  # noqa: PLC0415 -- `bridge --help` should not wait for every library

    run = command(wanted.command)
    try:
        return run(wanted, config_path(wanted.config))
    except BridgeError as error:
        print(f"bridge {wanted.command}: {error}", file=sys.stderr)
        return USAGE if isinstance(error, WrongUsage) else PROBLEMS
    except KeyboardInterrupt:
        return FINE
    except BrokenPipeError:  # `bridge events | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
