"""`bridge schema`: JSON Schema (draft 2020-12) of config.yaml and rule files, for completion and hints in editors."""

from __future__ import annotations

from collections.abc import Callable

from bridge.config.schema.configuration import configuration
from bridge.config.schema.pieces import Schema
from bridge.config.schema.rules import rule_file

SCHEMAS: dict[str, Callable[[], Schema]] = {"config": configuration, "rules": rule_file}
