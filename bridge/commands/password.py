"""password: the hash to write into `users`."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from argon2 import PasswordHasher

from bridge.commands.shared import FINE
from bridge.errors import BridgeError

SHORTEST = 10  # characters
LONGEST = 1000


def password(_wanted: argparse.Namespace, _config: Path) -> int:
    """Ask for a password, or read a line of standard input, and print its argon2id hash."""
    if sys.stdin.isatty():
        given = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != given:
            raise BridgeError("the two are not the same; nothing was printed")
    else:
        given = sys.stdin.readline(LONGEST + 2).rstrip("\r\n")
    if not SHORTEST <= len(given) <= LONGEST:
        raise BridgeError(f"a password has from {SHORTEST} to {LONGEST:,} characters")
    print(PasswordHasher().hash(given))
    return FINE
