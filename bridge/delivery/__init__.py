"""DELIVER: rendered notifications go out, and what became of each comes back as an Outcome."""
