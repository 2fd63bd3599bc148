"""The key that a gate, a digest or a follow-up counts by: the values of some paths, as one short text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from bridge.model import Json, Path
from bridge.rules.lookup import MISSING, Facts, reader

LONGEST = 200  # characters of a value that stands in a key as it is: databases index keys, and events may be large
EXACT = 2**53  # up to here a float and the whole number it equals are told apart by nothing


def key_of(by: Sequence[Path], facts: Facts) -> str:
    """A JSON list of the values; "" without paths.

    Texts, numbers, true, false and null stand as they are, and never look like what stands for the others: a missing
    value is `{"missing": true}`, a list, a map or a long text its hash.
    """
    return json.dumps([_part(reader(path)(facts)) for path in by]) if by else ""


def _part(value: Any) -> Json:
    if value is MISSING:
        return {"missing": True}
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)  # conditions hold 1020 and 1020.0 for equal
    if value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= LONGEST):
        return value
    whole = json.dumps(value, sort_keys=True).encode()
    return {"sha256": hashlib.sha256(whole).hexdigest()}
