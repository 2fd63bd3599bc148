"""Counting tries takes bounded memory, whoever comes from wherever."""

from __future__ import annotations

from bridge.web.tries import MOST_KEYS, MOST_TRIES, SPAN, Tries, address_key


def test_strangers_without_end_are_not_all_remembered() -> None:
    now = 1000.0
    tries = Tries(lambda: now)
    for number in range(MOST_KEYS + 500):
        tries.count(f"address:{number}")
    assert len(tries._counts) == MOST_KEYS
    assert tries.left(f"address:{MOST_KEYS + 499}") == MOST_TRIES - 1
    now += SPAN
    tries.count("address:new")
    assert len(tries._counts) == 1


def test_many_at_once_do_not_pass() -> None:
    tries = Tries(lambda: 0.0)
    for _ in range(MOST_TRIES):
        assert not tries.wait("name:a")
        tries.count("name:a")
    assert tries.wait("name:a") == SPAN
    tries.forgive("name:a")
    assert not tries.wait("name:a")


def test_one_machine_is_one_key() -> None:
    assert address_key("::ffff:192.0.2.1") == address_key("192.0.2.1")
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:1") != address_key("2001:db8:0:1::1")
    assert len(address_key("x" * 10_000)) < 80
