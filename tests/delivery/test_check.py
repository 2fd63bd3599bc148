"""What is said of a destination's URL, and what is known of its service."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bridge.delivery.check import check_url
from bridge.delivery.kinds import kind_of

TOKENS = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TEAMS = (
    "https://prod-1.westus.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/invoke"
    "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu"
)


@pytest.mark.parametrize(
    "url",
    [
        "console://",
        f"slack://{TOKENS}",
        f"slack://{TOKENS}/#general?blocks=yes&format=markdown&image=no",
        "slack://xoxb-1234-1234-abc124/#general",
        f"https://hooks.slack.com/services/{TOKENS}",
        "workflows://prod-1.westus.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu",
        TEAMS,
        "discord://1234567890/abcdefghijklmnop?botname=Bridge",
        "https://discord.com/api/webhooks/1234567890/abcdefghijklmnop",
        "tgram://123456789:abcdefg_hijklmnop/12345",
        "ntfys://ntfy.example.org/topic?priority=high&tags=x",
        "gchat://workspace/key/token?threadkey=x",
        "mmosts://mattermost.example.org/abcdefghijklmnopqrstuvwx12",
        "mailtos://user:secret@mail.example.org?from=a@example.org&to=b@example.org&cc=c@example.org",
        "json://127.0.0.1:8080/hook?+X-Key=abc&:extra=1&-query=2&method=put",
        "jsons://example.com?verify=no&cto=2.5&user=a&password=b",
        "pover://ujbx4as84rmzqq6z8wxwjvpqnbeqlq@ajbx4as84rmzqq6z8wxwjvpqnbeqlq",
    ],
)
def test_good_urls(url: str) -> None:
    assert check_url(url) == []


@pytest.mark.parametrize(
    ("url", "code", "message", "help"),
    [
        ("", "empty-url", "the url is empty", "use `console://` to start with"),
        ("CANARY", "bad-url", "not a url: it has no `scheme://`", "for example"),
        ("console://CANARY", "bad-url", "`console://` takes nothing behind it", "write `console://`"),
        (f"slak://{TOKENS}", "unknown-scheme", "unknown scheme `slak://`", "did you mean `slack://`?"),
        ("zzzz://CANARY", "unknown-scheme", "unknown scheme `zzzz://`", "for example"),
        ("msteams://CANARY", "unknown-scheme", "unknown scheme `msteams://`", "`workflows://host/workflow/signature`"),
        ("smtps://CANARY", "unknown-scheme", "unknown scheme `smtps://`", "mail is written `mailtos://"),
        (
            "https://example.com/CANARY",
            "bad-url",
            "a plain `https://` address of no service that Apprise knows",
            "write `jsons://…` to post JSON there",
        ),
        (
            "http://example.com/CANARY",
            "bad-url",
            "a plain `http://` address of no service that Apprise knows",
            "write `json://…` to post JSON there",
        ),
        ("slack://CANARY", "bad-url", "Apprise cannot use this `slack://` url", "it is written `slack://{token_a}/"),
        (f"slack://{TOKENS}?formt=html", "unknown-argument", "unknown argument `formt` in the url", "`format`?"),
        ("jsons://u:p@h.example/?CANARY12", "unknown-argument", "unknown argument `…` in the url", "`method`"),
        (f"slack://{TOKENS}/#a/#b", "several-targets", "the url names 2 targets", "one destination for each"),
        (
            "mailtos://u:CANARY@mail.example.org?to=a@x.org,b@x.org",
            "several-targets",
            "the url names 2 targets",
            "a group that lists them",
        ),
        ("jsons://example.com?format=htlm", "bad-argument", "`format` in the url must be one of `html`, ", ""),
        ("jsons://example.com?overflow=bad", "bad-argument", "`overflow` in the url must be one of `split`, ", ""),
        ("jsons://example.com?cto=CANARY", "bad-argument", "`cto` in the url must be a number", ""),
        ("jsons://example.com?verify=CANARY", "bad-argument", "`verify` in the url must be `yes` or `no`", ""),
        ("mailto://mail.example.org:99999", "bad-url", "the port must be a number from 1 to 65535", ""),
        ("jsons://example.com?retry=3", "no-effect", "`retry` has no effect here", "Bridge repeats by itself"),
        *(
            (f"{scheme}://", "denied-scheme", f"`{scheme}://` is not allowed", "for example")
            for scheme in (
                "dbus",
                "kde",
                "glib",
                "gnome",
                "windows",
                "macosx",
                "syslog",
                "apprise",
                "apprises",
                "blink1",
            )
        ),
    ],
)
def test_bad_urls(url: str, code: str, message: str, help: str) -> None:
    (problem,) = check_url(url)
    assert problem.code == code
    assert problem.message.startswith(message)
    assert help in problem.help
    assert "CANARY" not in problem.message + problem.help
    assert problem.severity == ("warning" if code == "no-effect" else "error")


@pytest.mark.parametrize(
    ("url", "name", "words", "best", "title_max", "body_max"),
    [
        ("console://", "console", "raw", "text", 250, 32768),
        (f"slack://{TOKENS}", "slack", "chat", "markdown", 150, 3000),
        (f"https://hooks.slack.com/services/{TOKENS}", "slack", "chat", "markdown", 150, 3000),
        ("workflows://h/w/s", "teams", "chat", "markdown", 250, 1000),
        (TEAMS, "teams", "chat", "markdown", 250, 1000),
        ("discord://1/2", "discord", "chat", "markdown", 250, 1748),
        ("tgram://1:a/2", "telegram", "chat", "markdown", 0, 4096),
        ("mailtos://u:p@h", "mail", "mail", "html", 79, 32768),
        ("ntfy://topic", "ntfy", "chat", "text", 200, 7800),
        ("gchat://a/b/c", "gchat", "chat", "markdown", 0, 4000),
        ("mmost://h/t", "mattermost", "chat", "markdown", 0, 4000),
        ("JSONS://h", "json", "raw", "markdown", 250, 32768),
        ("gotify://h/token", "gotify", "chat", "text", 250, 32768),
        (
            "pover://ujbx4as84rmzqq6z8wxwjvpqnbeqlq@ajbx4as84rmzqq6z8wxwjvpqnbeqlq",
            *("pushover", "chat", "markdown", 250, 1024),
        ),
        ("nonsense://", "unknown", "chat", "text", 0, 1000),
    ],
)
def test_kinds(url: str, name: str, words: str, best: str, title_max: int, body_max: int) -> None:
    kind = kind_of(url)
    assert (kind.name, kind.words, kind.formats[0]) == (name, words, best)
    assert (kind.title_max, kind.body_max) == (title_max, body_max)


def test_teams_gets_no_code_spans_and_empty_lines() -> None:
    kind = kind_of(TEAMS)
    assert (kind.code_spans, kind.blank_lines) == (False, True)


def test_common_kinds_do_not_load_apprise() -> None:
    script = (
        "import sys, bridge.delivery.senders; from bridge.delivery.kinds import kind_of\n"
        "kind_of('slack://a/b/c'); kind_of('https://hooks.slack.com/services/a/b/c'); kind_of('jsons://h')\n"
        "from bridge.delivery.check import check_url; check_url('console://')\n"
        "sys.exit('apprise' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=30).returncode == 0


WEBHOOK = "webhook:https://partner.example/hooks/a1b2c3d4e5f6g7"


def test_addresses_of_our_own_webhooks() -> None:
    assert check_url(WEBHOOK) == []
    assert kind_of(WEBHOOK).words == "raw"
    for url in ("webhook:", "webhook:x", "webhook:mailto://a", "webhook:https:///x", "webhook:https://a.example/a b"):
        assert [one.code for one in check_url(url)] == ["bad-url"], url


@pytest.mark.parametrize("url", ["https://[x", "webhook:https://[x", "slack://[x", "jsons://[::1"])
def test_a_bracket_that_is_not_closed(url: str) -> None:
    assert [one.code for one in check_url(url)] == ["bad-url"]
    assert kind_of(url).name


def test_apprise_is_asked_in_a_process_that_ends() -> None:
    program = (
        "import sys\n"
        "from bridge.delivery.apart import check_ahead\n"
        "from bridge.delivery.check import check_url\n"
        "check_ahead(['slackk://x', 'json://localhost/', 'console://', 'https://[x'])\n"
        "print([[one.code for one in check_url(url)] for url in ('slackk://x', 'json://localhost/', 'https://[x')])\n"
        "print('apprise' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[['unknown-scheme'], [], ['bad-url']]\nFalse\n"
