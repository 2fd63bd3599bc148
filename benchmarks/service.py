"""A real `bridge serve` in a temporary folder, started and ended by the benchmark."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import SECRET

CONFIG = """\
listen: 127.0.0.1:{port}
public_url: http://127.0.0.1:{port}
store: sqlite:///bridge.db
locale: en_GB
operators: ops
log: {{level: {log}}}
sources:
  creads: {{type: creads, secrets: ["${{BENCH_SECRET}}"]}}
destinations:
  sink: {{url: "json://127.0.0.1:{sink}/", concurrency: 32}}
  ops: {{url: "json://127.0.0.1:{sink}/ops"}}
"""
RULE = """\
rules:
  - name: Every message
    when: Project Message created
    notify:
      - to: sink
        title: "Message on {{ resource.project.title }}"
        body: "{{ resource.message }}"
"""


@dataclass(frozen=True)
class Running:
    """A service that answers /readyz."""

    port: int
    pid: int
    ready_after: float  # seconds from its start

    def pids(self) -> list[int]:
        """The service and its sender processes."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def memory(self) -> float:
        """Resident memory of all its processes, MB."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def matched(self) -> int:
        """How many events were matched since its start."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            counts = re.findall(rb'^bridge_events_total\{.*state="matched"\} ([0-9.e+]+)', answer.read(), re.M)
        return int(sum(map(float, counts)))

    def cpu(self) -> float:
        """CPU seconds that all its processes used."""
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(sink: int, rules: str = RULE, log: str = "info", config: str = CONFIG) -> Iterator[Running]:
    """Start a service with these rules, wait until it is ready, end it afterwards."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name:
        folder = Path(name)
        (folder / "rules").mkdir()
        (folder / "templates").mkdir()
        (folder / "rules" / "bench.yaml").write_text(rules)
        (folder / "config.yaml").write_text(config.format(port=port, sink=sink, log=log))
        command = [sys.executable, "-m", "bridge", "--config", str(folder / "config.yaml"), "serve"]
        environ = os.environ | {"BENCH_SECRET": SECRET}
        began = time.perf_counter()
        with (
            open(folder / "log", "wb") as out,
            subprocess.Popen(command, env=environ, stdout=out, stderr=out) as process,
        ):
            try:
                wait_ready(port, process, folder / "log")
                yield Running(port, process.pid, time.perf_counter() - began)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=20)


def wait_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Ask /readyz until it answers 200."""
    end = time.perf_counter() + 60
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise SystemExit(f"bridge serve ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise SystemExit("bridge serve was not ready within 60 s")
