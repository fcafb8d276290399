# SPDX-License-Identifier: Apache-2.0
"""The checker of histories finds what it is there to find, and nothing else."""
import random

import pytest
from history import ABORTED, COMMITTED, UNKNOWN, Transaction, check


def run(number, operations, begin=None, end=None, outcome=COMMITTED):
    return Transaction(number, number if begin is None else begin, number + 0.5 if end is None else end, outcome, operations)


def r(key, *values):
    return ("r", key, list(values))


def a(key, value):
    return ("a", key, value)


GOOD = {
    "one after the other": ([run(1, [a("x", 1)]), run(2, [r("x", 1), a("x", 2), r("x", 1, 2)])], {"x": [1, 2]}),
    "write skew": ([run(1, [r("x"), r("y"), a("x", 1)], 0, 9), run(2, [r("x"), r("y"), a("y", 2)], 0, 9)], {"x": [1], "y": [2]}),
    "unknown and done": ([run(1, [a("x", 1)], outcome=UNKNOWN), run(2, [r("x", 1)])], {"x": [1]}),
    "unknown and not done": ([run(1, [a("x", 1)], outcome=UNKNOWN), run(2, [r("x")])], {"x": []}),
    "a long reader": ([run(1, [r("x"), r("y")], 0, 99), run(2, [a("x", 1)]), run(3, [a("y", 2)])], {"x": [1], "y": [2]}),
}

BAD = {
    "lost update": ([run(1, [r("x"), a("x", 1)], 0, 9), run(2, [r("x"), a("x", 2)], 0, 9)], {"x": [1, 2]}),
    "lost append": ([run(1, [a("x", 1)])], {"x": []}),
    "aborted and there": ([run(1, [a("x", 1)], outcome=ABORTED)], {"x": [1]}),
    "dirty read": ([run(1, [a("x", 1)], outcome=ABORTED), run(2, [r("x", 1)])], {"x": []}),
    "half done": ([run(1, [a("x", 1), a("x", 2)], 0, 9), run(2, [r("x", 1)], 0, 9)], {"x": [1, 2]}),
    "read skew": ([run(1, [a("x", 1), a("y", 2)], 0, 9), run(2, [r("x"), r("y", 2)], 0, 9)], {"x": [1], "y": [2]}),
    "not repeatable": ([run(1, [a("x", 1)], 0, 9), run(2, [r("x"), r("x", 1)], 0, 9)], {"x": [1]}),
    "own append not seen": ([run(1, [a("x", 1), r("x")])], {"x": [1]}),
    "stale": ([run(1, [a("x", 1)]), run(2, [r("x")])], {"x": [1]}),
    "long fork": ([run(1, [a("x", 1)], 0, 9), run(2, [a("y", 2)], 0, 9), run(3, [r("x", 1), r("y")], 0, 9),
                   run(4, [r("x"), r("y", 2)], 0, 9)], {"x": [1], "y": [2]}),
    "twice": ([run(1, [a("x", 1)])], {"x": [1, 1]}),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_histories_pass(name):
    assert check(*GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_histories_are_found(name):
    assert check(*BAD[name]) != []


def test_a_simulated_database_passes_and_a_broken_one_does_not():
    for seed in range(30):
        assert check(*simulate(seed, broken=False)) == [], seed
    assert any(check(*simulate(seed, broken=True)) for seed in range(30))


def simulate(seed, broken):
    """Snapshot isolation in memory; the broken one forgets to look for conflicts."""
    chance = random.Random(seed)
    lists, versions, clock = {k: [] for k in "xyz"}, {k: 0 for k in "xyz"}, 0
    done, running = [], []
    for number in range(60):
        clock += 1
        running.append((Transaction(number, clock), {k: list(v) for k, v in lists.items()}, dict(versions)))
        while len(running) > 3 or (number == 59 and running):
            one, snapshot, at = running.pop(chance.randrange(len(running)))
            for _ in range(chance.randrange(1, 5)):
                key = chance.choice("xyz")
                own = one.appends(key)
                one.operations.append(r(key, *snapshot[key], *own) if chance.random() < 0.5 else
                                      a(key, f"{one.number}.{len(one.operations)}"))
            written = {key for kind, key, _ in one.operations if kind == "a"}
            clock += 1
            one.end = clock
            if not broken and any(versions[key] != at[key] for key in written):
                one.outcome = ABORTED
            else:
                one.outcome = COMMITTED
                for key in written:
                    lists[key] += one.appends(key)
                    versions[key] += 1
            done.append(one)
    return done, lists
