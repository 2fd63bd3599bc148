"""send: an event as its source would post it."""

from __future__ import annotations

import argparse
from pathlib import Path

import requests

from bridge.commands.shared import FINE, PROBLEMS, sound
from bridge.errors import BridgeError


def send(wanted: argparse.Namespace, config: Path) -> int:
    """Post an event file, signed with the first secret of its source."""
    snapshot = sound(config)
    source = snapshot.sources.get(wanted.source)
    if source is None:
        raise BridgeError(f"no source `{wanted.source}` in {config}; there are: {', '.join(snapshot.sources)}")
    try:
        body = wanted.file.read_bytes()
    except OSError as error:
        raise BridgeError(f"{wanted.file} cannot be read: {error.strerror}") from error
    host, port = snapshot.settings.listen_hooks or snapshot.settings.listen
    url = wanted.url or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/hooks/{wanted.source}"  # noqa: S104
    try:
        response = requests.post(
            url,
            data=body,
            headers={"Content-Type": "application/json", **dict([source.sign(body, source.secrets[0])])},
            timeout=15,
        )
    except requests.RequestException as error:
        raise BridgeError(
            f"{url} does not answer: is `bridge serve` running there? ({type(error).__name__})"
        ) from error
    print(f"{response.status_code} {response.text.strip()}")
    return FINE if response.ok else PROBLEMS
