"""Keeps the console's templates compiled beside the modules: compiling them is a quarter of each start."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

FOLDER = Path(__file__).parent / "__pycache__"
JINJA = version("jinja2")


class Compiled(BytecodeCache):
    """One file a template, as good as the modules' own; where none can be written, each start compiles anew."""

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        # The same text becomes other code under other options, and by another version.
        options = (
            JINJA,
            environment.autoescape,
            environment.trim_blocks,
            environment.lstrip_blocks,
            environment.undefined,
        )
        return super().get_bucket(environment, name, filename, f"{options}\n{source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(Exception), _file(bucket).open("rb") as file:  # a damaged one is as good as none
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        file = _file(bucket)
        with suppress(OSError):
            FOLDER.mkdir(exist_ok=True)
            mine = file.with_suffix(f".{os.getpid()}")
            mine.write_bytes(bucket.bytecode_to_string())
            mine.replace(file)


def _file(bucket: Bucket) -> Path:
    return FOLDER / f"{bucket.key}.{sys.implementation.cache_tag}.jinja"
