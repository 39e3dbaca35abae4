"""Chance that repeats: the same key always draws the same."""

from __future__ import annotations

from random import Random


def dice(seed: int, purpose: int, number: int) -> Random:
    """A source of chance of its own for each (seed, purpose, number)."""
    key = (((seed << 8) | purpose) << 80) | (number & ((1 << 80) - 1))
    return Random(key)  # noqa: S311 - repeatable is the point, not secret


def happens(chance: Random, probability: float) -> bool:
    """Whether something does that happens with this probability."""
    return chance.random() < probability
