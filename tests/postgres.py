"""A PostgreSQL server for the tests: started once, with an empty database for whoever asks."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin/postgres"), default=None, key=lambda path: float(path.parts[-3]))
_numbers = itertools.count(1)


class Server:
    """A server that speaks on a Unix socket in a folder of its own."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._home = Path(tempfile.mkdtemp(prefix="bridge-pg-"))
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            user = next(user for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody"))
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self._home, user.pw_uid, user.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        initdb = [programs / "initdb", "-D", self._home / "data", "-U", "bridge", "-A", "trust", "-N"]
        subprocess.run(
            [*initdb, "-E", "UTF8", "--locale=C.UTF-8"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._home,
            **self._as,
        )

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = {"listen_addresses": "", "unix_socket_directories": self._home, "fsync": "off", "max_connections": 50}
        settings = [f"-c{name}={value}" for name, value in options.items()]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._home / "data", *settings],
                stdout=log,
                stderr=log,
                cwd=self._home,
                **self._as,
            )
        until = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(self.url("public")).close()
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Stop at once; whoever is connected is thrown out."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=20)
            self._process = None

    def remove(self) -> None:
        """Stop, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def url(self, schema: str) -> str:
        """Where a schema of this server is."""
        return f"postgresql://bridge@/postgres?host={self._home}&options=-csearch_path%3D{schema}"

    def new_database(self) -> str:
        """The URL of what looks like an empty database: a schema, which is made a hundred times faster."""
        schema = f"test_{next(_numbers)}"
        with psycopg.connect(self.url("public"), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        return self.url(schema)


@functools.cache
def server() -> Server:
    """The one server of this test run. Skips the test that asks where PostgreSQL is not installed; fails it in CI."""
    if PROGRAMS is None:
        missing = "PostgreSQL is not installed: no /usr/lib/postgresql/*/bin (apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    started = Server(PROGRAMS.parent)
    atexit.register(started.remove)
    started.start()
    return started
