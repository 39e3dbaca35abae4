"""Skills, and the queue of those in training.

The skills of a character are trained one after the other, level by level, around the clock: each
level takes its turn, and the queue holds the next few. Who has trained everything has an empty one.
"""

from __future__ import annotations

from typing import Any

from eveobs.sandbox.calendar import Calendar, moment
from eveobs.sandbox.capsuleers.census import Census, Owner
from eveobs.sandbox.capsuleers.turns import Turn, turn
from eveobs.sandbox.draw import dice
from eveobs.sandbox.universe import SKILLS

_SKILLS = 42
_PLACES = 9 << 24
_POINTS = (0, 250, 1_415, 8_000, 45_255, 256_000)
"""Skill points at each level of a skill of rank 1."""
_LEVELS = 5
_QUEUED = 6


def skills(census: Census, calendar: Calendar, owner: Owner, at: int) -> dict[str, Any]:
    """`/characters/{character_id}/skills`."""
    done = _trained(census, calendar, owner, at)
    rows = [
        {
            "active_skill_level": level,
            "skill_id": skill.id,
            "skillpoints_in_skill": _POINTS[level],
            "trained_skill_level": level,
        }
        for order, skill in enumerate(SKILLS)
        if (level := _level(order, done))
    ]
    total = sum(int(row["skillpoints_in_skill"]) for row in rows)
    return {"skills": rows, "total_sp": total, "unallocated_sp": owner.number % 7 * 1_000}


def queue(census: Census, calendar: Calendar, owner: Owner, at: int) -> list[dict[str, Any]]:
    """`/characters/{character_id}/skillqueue`; the first is in training."""
    done, now = _trained(census, calendar, owner, at), _turn(census, calendar, owner, at)
    length = now.until - now.since
    rows = []
    for position in range(_QUEUED):
        order, level = (done + position) % len(SKILLS), (done + position) // len(SKILLS) + 1
        if level > _LEVELS:
            break
        start = now.since + position * length
        rows.append(
            {
                "finish_date": moment(start + length),
                "finished_level": level,
                "level_end_sp": _POINTS[level],
                "level_start_sp": _POINTS[level - 1],
                "queue_position": position,
                "skill_id": SKILLS[order].id,
                "start_date": moment(start),
                "training_start_sp": _POINTS[level - 1],
            }
        )
    return rows


def _level(order: int, done: int) -> int:
    """After so many levels in all, skill by skill, level by level."""
    return done // len(SKILLS) + (order < done % len(SKILLS))


def _trained(census: Census, calendar: Calendar, owner: Owner, at: int) -> int:
    """Levels in all that are trained at a time."""
    begun = dice(census.people.seed, _SKILLS, owner.id).randrange(20, 55)
    now = _turn(census, calendar, owner, at).generation
    first = _turn(census, calendar, owner, calendar.begin).generation
    return min(max(0, begun + now - first), _LEVELS * len(SKILLS))


def _turn(census: Census, calendar: Calendar, owner: Owner, at: int) -> Turn:
    return turn(calendar, 24, (census.people.seed, _PLACES + owner.number), at)
