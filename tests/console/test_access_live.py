"""A served Bridge: the link that it prints, and hooks on a port of their own."""

from __future__ import annotations

import re
from pathlib import Path

from tests.live import CONFIG, TOKEN, Live, Sink, envelope, free_port, signature


def test_a_link_is_printed_that_signs_in_once(tmp_path: Path) -> None:
    sink = Sink()
    service = Live(tmp_path, sink, config=CONFIG.replace("admin_token: ${{TEST_TOKEN}}\n", "")).start()
    try:
        service.until(lambda: "/login?token=" in service.log.read_text(), what="printed")
        [path] = re.findall(
            rf"Open http://127\.0\.0\.1:{service.port}(/login\?token=[\w-]+)\n", service.log.read_text()
        )
        status, headers, _ = service.request("GET", path)
        assert (status, headers["location"]) == (303, "/")
        cookie = headers["set-cookie"].partition(";")[0]
        assert service.request("GET", "/api/v1/rules", headers={"Cookie": cookie})[0] == 200
        assert service.request("GET", path)[0] == 403
        assert service.log.read_text().count(path.partition("=")[2]) == 1, "said once, and in no other line"
    finally:
        service.stop()
        sink.close()


def test_hooks_on_a_port_of_their_own(tmp_path: Path) -> None:
    sink, hooks = Sink(), free_port()
    service = Live(tmp_path, sink, config=f"listen_hooks: 127.0.0.1:{hooks}\n{CONFIG}").start()
    try:
        assert service.post(envelope("a"))[0] == 404
        service.port, pages = hooks, service.port
        assert service.post(envelope("a"))[0] == 202
        for path in ("/", "/login", "/api/v1/events", "/healthz", "/metrics", "/hooks"):
            assert service.request("GET", path)[0] == 404, path
        body = envelope("b")
        assert service.request("POST", "/login", body, {"X-Partners-Signature": signature(body)})[0] == 404
        assert service.post(envelope("b"), sign=False)[0] == 401
        service.port = pages
        page = service.request("GET", "/sources", headers={"Authorization": f"Bearer {TOKEN}"})[2].decode()
        assert "The signature is missing or wrong.</td>" in page
        assert "<code>127.0.0.1</code>" in page
        assert [event["gid"] for event in service.api("/events")["items"]] == ["a"]
    finally:
        service.stop()
        sink.close()


def test_beyond_loopback_somebody_must_be_able_to_sign_in(tmp_path: Path) -> None:
    sink = Sink()
    config = CONFIG.replace("admin_token: ${{TEST_TOKEN}}\n", "").replace("127.0.0.1:{port}\n", "0.0.0.0:{port}\n", 1)
    try:
        refused = Live(tmp_path, sink, config=config).bridge("serve")
        assert refused.returncode == 1
        assert "config.yaml:1:9: error[open-console]" in refused.stderr
        assert "token=" not in refused.stderr
    finally:
        sink.close()
