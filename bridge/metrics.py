"""The figures at /metrics, each counted where its stage ends."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

POSTS = Counter("bridge_posts", "Posts to /hooks, by source and answer", ["source", "status"], registry=REGISTRY)
DUPLICATES = Counter("bridge_duplicates", "Posts of an event that was there already", ["source"], registry=REGISTRY)
EVENTS = Counter("bridge_events", "Events matched, by what became of them", ["source", "state"], registry=REGISTRY)
FIRED = Counter("bridge_rules_fired", "Times a rule fired", ["rule"], registry=REGISTRY)
TEMPLATE_ERRORS = Counter("bridge_template_errors", "Notifications sent as fallback text", ["rule"], registry=REGISTRY)
ATTEMPTS = Counter("bridge_attempts", "Attempts to deliver, by result", ["destination", "result"], registry=REGISTRY)
FILES_REFUSED = Gauge("bridge_files_refused", "Files whose last change is not in force", registry=REGISTRY)
SENDERS_LOST = Counter("bridge_senders_lost", "Sender processes that ended and were replaced", registry=REGISTRY)

MATCH_SECONDS = Histogram("bridge_match_seconds", "Matching and rendering one event", registry=REGISTRY, buckets=_FAST)
ATTEMPT_SECONDS = Histogram(
    "bridge_attempt_seconds", "One attempt, as the sender saw it", ["destination"], registry=REGISTRY, buckets=_SLOW
)

WAITING = Gauge(
    "bridge_deliveries_waiting", "Deliveries by state, of those not at their end", ["state"], registry=REGISTRY
)
UNMATCHED = Gauge("bridge_events_unmatched", "Events that wait to be matched", registry=REGISTRY)
OLDEST = Gauge("bridge_oldest_pending_seconds", "Age of the oldest delivery that is due", registry=REGISTRY)


@lru_cache(maxsize=4_096)
def of(counter: Counter, *labels: str) -> Counter:
    """A counter's part for these labels: the library looks for it behind a lock each time."""
    return counter.labels(*labels)


@lru_cache(maxsize=4_096)
def seconds_of(destination: str) -> Histogram:
    """Where the times of a destination's attempts are observed, likewise."""
    return ATTEMPT_SECONDS.labels(destination)
