"""Servers that misbehave at an exact point of the exchange: an act plays one connection, on a bare socket.

stage = Stage(after_request(part(20), reset))      # reads the post, answers 20 bytes, breaks the connection
stage = Stage(mail("DATA", reset))                 # talks SMTP as it should up to DATA
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable

Act = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nok, ok!!"
HEAD = OK.index(b"\r\n\r\n") + 4  # bytes of it before its body
PATIENCE = 20.0  # seconds; a test is long over by then


class Stage:
    """Plays its act to everyone who connects."""

    def __init__(self, act: Act) -> None:
        self.act, self.connections = act, 0
        self.ended = threading.Semaphore(0)  # once for each connection that is over
        self._open: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def http(self) -> str:
        """An Apprise URL that posts here."""
        return f"json://127.0.0.1:{self.port}/"

    @property
    def mail(self) -> str:
        """An Apprise URL that mails here."""
        return f"mailto://127.0.0.1:{self.port}?from=bridge@example.org&to=ada@example.org&mode=insecure"

    @property
    def secure_mail(self) -> str:
        """The same, over STARTTLS."""
        return f"mailtos://localhost:{self.port}?from=bridge@example.org&to=ada@example.org"

    def close(self) -> None:
        """Whoever hangs here is let go."""
        for one in [self._server, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._play, args=(connection,), daemon=True).start()

    def _play(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with contextlib.suppress(OSError, ValueError):
            self.act(connection)
        connection.close()
        self.ended.release()


# ---- ends --------------------------------------------------------------------------------------


def hang_up(connection: socket.socket) -> None:
    """End in good order."""
    connection.close()


def reset(connection: socket.socket) -> None:
    """Break off."""
    time.sleep(0.05)  # what was sent before is read before
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(connection: socket.socket) -> None:
    """Say nothing more and keep the line: a black hole, or a machine that lost its power."""
    while connection.recv(65536):
        pass


def deafness(connection: socket.socket) -> None:
    """Not even read."""
    time.sleep(PATIENCE)


# ---- what is said before -----------------------------------------------------------------------


def in_turn(*acts: Act) -> Act:
    """One after the other."""

    def act(connection: socket.socket) -> None:
        for one in acts:
            one(connection)

    return act


def say(data: bytes) -> Act:
    return lambda connection: connection.sendall(data)


def part(count: int) -> Act:
    """The first bytes of a good answer."""
    return say(OK[:count])


def drip(data: bytes, seconds: float) -> Act:
    """A byte at a time."""

    def act(connection: socket.socket) -> None:
        for position in range(len(data)):
            connection.sendall(data[position : position + 1])
            time.sleep(seconds)

    return act


def endlessly(data: bytes) -> Act:
    def act(connection: socket.socket) -> None:
        while True:
            connection.sendall(data)

    return act


def after(count: int, *acts: Act) -> Act:
    """Once so many bytes of the post were read."""

    def read(connection: socket.socket) -> None:
        _read(connection, count)

    return in_turn(read, *acts)


def after_hello(*acts: Act) -> Act:
    """Once whatever came first was read."""

    def read(connection: socket.socket) -> None:
        connection.recv(65536)

    return in_turn(read, *acts)


def after_request(*acts: Act) -> Act:
    """Once the whole post was read."""
    return in_turn(read_post, *acts)


def every_post(*acts: Act) -> Act:
    """For one post after the other on the same connection."""

    def act(connection: socket.socket) -> None:
        while True:
            after_request(*acts)(connection)

    return act


def read_post(connection: socket.socket) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _read(connection, 1)
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    _read(connection, int(length.partition(b":")[2]))


def _read(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("the other end left")
        data += more
    return data


# ---- TLS ---------------------------------------------------------------------------------------


def secured(context: ssl.SSLContext, *acts: Act) -> Act:
    """Speak TLS."""

    def act(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True) as inner:
            in_turn(*acts)(inner)

    return act


# ---- mail --------------------------------------------------------------------------------------

_GREETING = b"220 mail.example.org ESMTP\r\n"
_FINE = {
    "EHLO": b"250-mail.example.org\r\n250 STARTTLS\r\n",
    "DATA": b"354 Go ahead\r\n",
    ".": b"250 2.0.0 Queued as 4711\r\n",
}


def mail(until: str, *acts: Act) -> Act:
    """Talk as a mail server does, until a step; what it answers there is the acts'.

    The steps are `connect`, the commands, `half` (of the message) and `.` (all of it).
    """

    def act(connection: socket.socket) -> None:
        if until != "connect":
            connection.sendall(_GREETING)
            _talk(connection, until)
        in_turn(*acts)(connection)
        _talk(connection, "")

    return act


def _talk(connection: socket.socket, until: str) -> None:
    """Answer well, up to and without the answer to that step."""
    while True:
        words = _line(connection).split()
        command = words[0].upper() if words else ""
        if command == until:
            return
        connection.sendall(b"221 Bye\r\n" if command == "QUIT" else _FINE.get(command, b"250 OK\r\n"))
        if command == "DATA":
            if until == "half":
                return _skip(connection, b"Subject:")
            _skip(connection, b"\r\n.\r\n")
            if until == ".":
                return None
            connection.sendall(_FINE["."])


def _line(connection: socket.socket) -> str:
    return _skip_to(connection, b"\n").decode()


def _skip(connection: socket.socket, mark: bytes) -> None:
    _skip_to(connection, mark)


def _skip_to(connection: socket.socket, mark: bytes) -> bytes:
    data = b""
    while not data.endswith(mark):
        data += _read(connection, 1)
    return data
