# SPDX-License-Identifier: Apache-2.0
"""Checks a recorded history of transactions for snapshot isolation.

Every key holds a list to which transactions append values that are used once, so a read tells the whole order of what was
written before it. From that follow the dependencies between transactions:

    ww   B appended right behind A                     wr   B read A's append as the last
    rw   A read the list as it was before B's append   rt   A was acknowledged before B began

A history is snapshot isolated (with the start as its snapshot) when nobody read what was aborted or half done, nothing
acknowledged is missing, and (ww | wr | rt) followed by at most one rw never leads round in a circle.
"""
import collections
from dataclasses import dataclass, field

COMMITTED, ABORTED, UNKNOWN = "committed", "aborted", "unknown"


@dataclass
class Transaction:
    number: int
    begin: float
    end: float = float("inf")  # of a transaction whose outcome the client never learnt: never
    outcome: str = UNKNOWN
    operations: list = field(default_factory=list)  # ("r", key, values) | ("a", key, value)

    def appends(self, key):
        return [value for kind, k, value in self.operations if kind == "a" and k == key]


def check(transactions, final):
    """What is wrong with the history, as a list of sentences. `final`: the lists at the end, by key."""
    problems = []
    writer = {}
    for one in transactions:
        for kind, key, value in one.operations:
            if kind == "a":
                writer[(key, value)] = one
    order = {key: list(values) for key, values in final.items()}
    seen = {(key, value) for key, values in order.items() for value in values}
    happened = {one.number for one in transactions if one.outcome == COMMITTED or
                (one.outcome == UNKNOWN and any((k, v) in seen for kind, k, v in one.operations if kind == "a"))}
    for key, values in order.items():
        if len(values) != len(set(values)):
            problems.append(f"{key}: a value stands twice")
        for value in values:
            if (key, value) not in writer:
                problems.append(f"{key}: {value} was written by nobody")
            elif writer[(key, value)].outcome == ABORTED:
                problems.append(f"{key}: {value} of the aborted transaction {writer[(key, value)].number} is there")
    for one in transactions:
        problems += check_one(one, order, writer, happened, seen)
    problems += circles(transactions, order, writer, happened)
    return problems


def check_one(one, order, writer, happened, seen):
    problems = []
    for kind, key, value in one.operations:
        if kind == "a" and one.number in happened and (key, value) not in seen:
            problems.append(f"{key}: the append {value} of transaction {one.number} is lost")
    snapshot = {}
    own = collections.defaultdict(list)
    for kind, key, value in one.operations:
        if kind == "a":
            own[key].append(value)
            continue
        mine = own[key]
        base = list(value[:len(value) - len(mine)]) if mine else list(value)
        if mine and list(value[len(base):]) != mine:
            problems.append(f"{key}: transaction {one.number} does not see its own appends: {value}")
            continue
        if snapshot.setdefault(key, base) != base:
            problems.append(f"{key}: transaction {one.number} read {snapshot[key]} and later {base}")
        if base != order.get(key, [])[:len(base)]:
            problems.append(f"{key}: transaction {one.number} read {base}, which never was the list")
        if base:
            last = writer.get((key, base[-1]))
            if last is not None and last.number not in happened:
                problems.append(f"{key}: transaction {one.number} read {base[-1]}, which was taken back")
            elif last is not None and last.appends(key)[-1] != base[-1]:
                problems.append(f"{key}: transaction {one.number} read transaction {last.number} half done")
    return problems


def circles(transactions, order, writer, happened):
    depends, anti = dependencies(transactions, order, writer, happened)
    graph = collections.defaultdict(set)
    for a, followers in depends.items():
        for b in followers:
            graph[a].add(b)
            graph[a] |= anti.get(b, set())
    return [f"a circle of dependencies: {sorted(map(str, part))}" for part in components(graph)]


def dependencies(transactions, order, writer, happened):
    """ww, wr and rt edges, and rw edges, as adjacency sets."""
    depends, anti = collections.defaultdict(set), collections.defaultdict(set)
    for key, values in order.items():
        writers = [writer[(key, value)].number for value in values if (key, value) in writer]
        for a, b in zip(writers, writers[1:]):
            if a != b:
                depends[a].add(b)
    for one in transactions:
        if one.number not in happened:
            continue
        for key, base in first_reads(one):
            if base and (key, base[-1]) in writer and writer[(key, base[-1])].number != one.number:
                depends[writer[(key, base[-1])].number].add(one.number)
            if len(base) < len(order.get(key, [])):
                follower = writer.get((key, order[key][len(base)]))
                if follower is not None and follower.number != one.number:
                    anti[one.number].add(follower.number)
    add_real_time(transactions, happened, depends)
    return depends, anti


def first_reads(one):
    """(key, what stood there before the transaction's own appends), of each read."""
    own = collections.Counter()
    for kind, key, value in one.operations:
        if kind == "a":
            own[key] += 1
        else:
            yield key, list(value[:len(value) - own[key]])


def add_real_time(transactions, happened, depends):
    """Moments stand between: the end of a transaction leads to a moment, and that to every later begin."""
    events = sorted([(one.begin, 1, one.number) for one in transactions if one.number in happened] +
                    [(one.end, 0, one.number) for one in transactions if one.number in happened and one.outcome == COMMITTED])
    moment = None
    for i, (_, is_begin, number) in enumerate(events):
        if is_begin:
            if moment is not None:
                depends[moment].add(number)
            continue
        here = f"moment {i}"
        depends[number].add(here)
        if moment is not None:
            depends[moment].add(here)
        moment = here


def components(graph):
    """Strongly connected components of more than one node, and nodes with an edge to themselves (Tarjan, without recursion)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    counter = 0
    for root in list(graph):
        if root in index:
            continue
        work = [(root, iter(graph.get(root, ())))]
        index[root] = low[root] = counter
        counter += 1
        stack.append(root)
        on_stack.add(root)
        while work:
            node, followers = work[-1]
            advanced = False
            for follower in followers:
                if follower not in index:
                    index[follower] = low[follower] = counter
                    counter += 1
                    stack.append(follower)
                    on_stack.add(follower)
                    work.append((follower, iter(graph.get(follower, ()))))
                    advanced = True
                    break
                if follower in on_stack:
                    low[node] = min(low[node], index[follower])
            if advanced:
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                part = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    part.append(member)
                    if member == node:
                        break
                if len(part) > 1 or node in graph.get(node, ()):
                    found.append(part)
    return found
