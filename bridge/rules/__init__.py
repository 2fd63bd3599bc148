"""MATCH: conditions, the index over rules, what changed, what is filled from memory, and the explanation of it all."""

from bridge.rules.changes import Changes, changes_between
from bridge.rules.conditions import parse_condition
from bridge.rules.evaluate import compile_condition, explain_condition
from bridge.rules.fields import unknown_field
from bridge.rules.matcher import Matcher, facts_of
from bridge.rules.references import State, fill, learnt, state_of
from bridge.rules.state import understand
from bridge.rules.when import parse_when

__all__ = [
    "Changes",
    "Matcher",
    "State",
    "changes_between",
    "compile_condition",
    "explain_condition",
    "facts_of",
    "fill",
    "learnt",
    "parse_condition",
    "parse_when",
    "state_of",
    "understand",
    "unknown_field",
]
