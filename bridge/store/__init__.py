"""RECORD: the tables between the rooms. The front door is Store."""

from bridge.store.store import Store

__all__ = ["Store"]
