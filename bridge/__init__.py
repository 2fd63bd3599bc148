"""Bridge: webhooks in, rules in YAML, notifications out."""

__version__ = "0.1.0"
