"""A real `bridge serve` in a folder of its own, a sink that it tells, and posts signed as Creads signs."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import io
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bridge.cli import main

ROOT = Path(__file__).resolve().parents[1]
SECRET = "a-secret-of-the-tests-0123456789"
TOKEN = "token-of-the-tests-0123456789-abcdef"

CONFIG = """\
listen: 127.0.0.1:{port}
public_url: http://127.0.0.1:{port}
store: {store}
locale: en_GB
timezone: Europe/Paris
admin_token: ${{TEST_TOKEN}}
operators: ops
log: {{format: json}}
sources:
  creads: {{type: creads, secrets: ["${{TEST_SECRET}}"]}}
destinations:
  sink: {{url: "json://127.0.0.1:{sink}/sink"}}
  ops: {{url: "json://127.0.0.1:{sink}/ops"}}
"""
RULES = """\
rules:
  - name: Everything
    when: "* *"
    notify:
      - to: sink
        title: "{{ event.type }} {{ event.action }}"
        body: "{{ resource.title or event.gid }}"
"""


# Below those that the system gives to connections, which would take one again before it is listened at; each process
# of the tests has its own, none of them twice in a row.
_PORTS = itertools.cycle(range(10_000 + os.getpid() % 40 * 500, 10_500 + os.getpid() % 40 * 500))


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nothing listens on."""
    for port in _PORTS:
        with contextlib.suppress(OSError), socket.create_server((host, port)):
            return port
    raise AssertionError("_PORTS never ends")


def envelope(gid: str, *, kind: str = "Project", event: str = "resource.created", **resource: Any) -> bytes:
    """A Creads envelope; a deletion has no resource."""
    body: dict[str, Any] = {"event": event, "resource_type": kind, "resource_gid": gid}
    if not event.endswith("deleted"):
        body["resource"] = {"gid": gid, **resource}
    return json.dumps(body).encode()


def signature(body: bytes) -> str:
    """As Creads signs."""
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


class Sink:
    """Keeps what is posted to it; `answer` says with what status, after how long."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.status: int | Callable[[str], int] = 200
        self.delay = 0.0
        self.refusal: dict[str, str] = {}  # headers of every answer but 200
        self.asked: list[tuple[str, float]] = []  # path and moment of each request, also of those refused
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                sink.asked.append((self.path.strip("/"), time.time()))
                time.sleep(sink.delay)
                status = sink.status(self.path) if callable(sink.status) else sink.status
                if status == 200:
                    sink.got.append((self.path.strip("/"), body))
                self.send_response(status)
                for name, value in sink.refusal.items() if status != 200 else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def to(self, name: str) -> list[dict[str, Any]]:
        """What came to one path."""
        return [body for path, body in list(self.got) if path == name]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Live:
    """One service; kill() and start() as often as wanted."""

    def __init__(
        self,
        folder: Path,
        sink: Sink,
        *,
        rules: str = RULES,
        config: str = CONFIG,
        store: str = "sqlite:///bridge.db",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.port, self.sink = folder, free_port(), sink
        self.config = folder / "config.yaml"
        (folder / "rules").mkdir(exist_ok=True)
        (folder / "templates").mkdir(exist_ok=True)
        (folder / "rules" / "all.yaml").write_text(rules, encoding="utf-8")
        self.config.write_text(config.format(port=self.port, sink=sink.port, store=store), encoding="utf-8")
        self.config.chmod(0o600)
        # Twenty starts that each compile every module again would take minutes.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.environ = {**inherited, "TEST_SECRET": SECRET, "TEST_TOKEN": TOKEN, **(environ or {})}
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes]

    def start(self) -> Live:
        """Start and wait until it is ready."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bridge", "--config", str(self.config), "serve"],
                cwd=ROOT,
                env=self.environ,
                stdout=out,
                stderr=out,
            )
        self.until(self.is_ready, what="ready")
        return self

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def until(self, holds: Callable[[], object], *, what: str = "", seconds: float = 30) -> None:
        """Wait until something holds; tells the end of the log when it does not."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"not {what or 'so'} within {seconds} s\n{self.log.read_text()[-3000:]}"
            time.sleep(0.02)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def get(self, path: str, token: str | None = None) -> tuple[int, Any]:
        """A GET; its status and its JSON, or its text."""
        status, headers, body = self.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        return status, json.loads(body) if "json" in headers.get("content-type", "") else body.decode()

    def api(self, path: str) -> Any:
        """What the API gives to who holds the token."""
        status, body = self.get(f"/api/v1{path}", TOKEN)
        assert status == 200, body
        return body

    def post(self, body: bytes, *, sign: bool = True) -> tuple[int, Any]:
        """Post an envelope as Creads would."""
        headers = {"Content-Type": "application/json"} | ({"X-Partners-Signature": signature(body)} if sign else {})
        status, _, answer = self.request("POST", "/hooks/creads", body, headers)
        return status, json.loads(answer)

    def bridge(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside it: in this process, as the modules of a new one take a second to load."""
        line = ["--config", str(self.config), *arguments]
        if "serve" in arguments:  # takes the signals of its process
            return subprocess.run(
                [sys.executable, "-m", "bridge", *line],
                cwd=ROOT,
                env=self.environ,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        out, wrong = io.StringIO(), io.StringIO()
        with patch.dict(os.environ, self.environ), redirect_stdout(out), redirect_stderr(wrong):
            try:
                code = main(line)
            except SystemExit as ended:  # argparse's way
                code = int(ended.code or 0)
        return subprocess.CompletedProcess(line, code, out.getvalue(), wrong.getvalue())
