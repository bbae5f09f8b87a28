#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Simulate the one lock of an engine, with more threads than the machine at hand has CPUs.

README.md describes the model, what is measured and what is not, and what the model leaves out. All
times are in nanoseconds. The random numbers have a fixed seed: equal constants give equal results.
"""

import argparse
import heapq
import random
import re
import sys

POST_ROUNDS = 3  # of the lock for a small request: two in the post, one in the wait
MULTIPLEXER_ROUNDS = 4  # what a multiplexer adds: two in the post, two in the wait
TRIES = (400, 2400, 2400, 2400)  # the pauses of src/async/queue_lock.c
NO_TRIES = ()  # those of a plain mutex

# The constant that is fitted: the lines of memory that a request has to fetch from another CPU, if
# it is one of the first requests after that CPU has used the engine.
LINES_PER_REQUEST = 0.4
MOVED_REQUESTS = 64  # as many as a thread has in flight

PROTOCOLS = (
    ("4 tries, as now", TRIES),
    ("sleep at once", NO_TRIES),
    ("4 tries, each 0.2 us", (200,) * 4),
    ("50 tries, each 0.2 us", (200,) * 50),
    ("4 tries, each 1 us", (1000,) * 4),
    ("20 tries, each 2.4 us", (400,) + (2400,) * 19),
    ("4 tries, each 6 us", (400,) + (6000,) * 3),
    ("20 tries, each 6 us", (400,) + (6000,) * 19),
)


class Machine:
    """The simulated time, and the threads, each on its own CPU.

    A thread is a generator. It yields how long it runs or pauses, or None to sleep until another
    thread wakes it.
    """

    def __init__(self, constants, least=0.0):
        self.constants = constants
        self.end = max(constants["simulated_ns"], least)
        self.now = 0.0
        self.random = random.Random(1)
        self.events = []
        self.order = 0  # of events at the same time

    def schedule(self, thread, delay):
        heapq.heappush(self.events, (self.now + delay, self.order, thread))
        self.order += 1

    def run(self):
        while self.events[0][0] < self.end:
            self.now, _, thread = heapq.heappop(self.events)
            delay = next(thread)
            if delay is not None:
                self.schedule(thread, delay)

    def about(self, ns, share):
        """Return a time that differs from `ns` by up to `share` of it."""
        return ns * self.random.uniform(1 - share, 1 + share)

    def call(self, ns):
        """Return the time of a call of the system."""
        return self.about(ns, 0.1)


class Line:
    """A cache line, which one CPU has at a time.

    A CPU that needs it waits until it has come. The CPU that has it keeps it during the first half
    of its way, and meanwhile uses it as before. CPUs are served one after the other.
    """

    def __init__(self, machine):
        self.machine = machine
        self.ns = machine.constants["line_ns"]
        self.cpu = self.previous = None
        self.leaves_at = self.arrives_at = 0.0

    def fetch(self, cpu):
        machine = self.machine
        if self.cpu is None:
            self.cpu = cpu
        while machine.now < self.arrives_at:
            if cpu == self.previous and machine.now < self.leaves_at:
                return
            yield self.arrives_at - machine.now
        if cpu == self.cpu:
            return
        self.previous, self.cpu = self.cpu, cpu
        self.leaves_at = machine.now + self.ns / 2
        self.arrives_at = machine.now + self.ns
        yield self.ns


class Lock:
    """A mutex with what it guards. A thread that finds it taken pauses and tries again as often as
    `pauses` says, and then sleeps, as the C library does."""

    FREE, TAKEN, SLEPT_FOR = range(3)

    def __init__(self, machine, pauses, moved_requests=MOVED_REQUESTS):
        self.machine = machine
        self.pauses = pauses
        self.moved_requests = moved_requests
        self.line = Line(machine)
        self.word = Lock.FREE
        self.sleepers = []
        self.user = None  # the CPU that has used what is guarded
        self.uses = 0  # requests since it began to

    def acquire(self, cpu, this_thread):
        """Take the lock. `this_thread` returns the calling thread, for the one that wakes it."""
        yield from self.line.fetch(cpu)
        for pause in self.pauses:
            if self.word == Lock.FREE:
                break
            yield self.machine.about(pause, 0.02)
            yield from self.line.fetch(cpu)
        if self.word == Lock.FREE:
            self.word = Lock.TAKEN
            return
        while self.word != Lock.FREE:
            self.word = Lock.SLEPT_FOR
            # Half of the call later, the system looks at the word.
            call = self.machine.call(self.machine.constants["wake_none_ns"])
            yield call / 2
            if self.word == Lock.SLEPT_FOR:
                self.sleepers.append(this_thread())
                yield None
            else:
                yield call / 2
            yield from self.line.fetch(cpu)
        self.word = Lock.SLEPT_FOR

    def release(self, cpu):
        yield from self.line.fetch(cpu)
        word, self.word = self.word, Lock.FREE
        if word != Lock.SLEPT_FOR:
            return
        constants = self.machine.constants
        if self.sleepers:
            self.machine.schedule(
                self.sleepers.pop(0), self.machine.call(constants["wake_latency_ns"])
            )
            yield self.machine.call(constants["wake_ns"])
        else:
            yield self.machine.call(constants["wake_none_ns"])

    def fetch_request(self, cpu):
        """Return the time for the lines of a request that begins."""
        if self.user is None:
            self.user, self.uses = cpu, self.moved_requests
        if self.user != cpu:
            self.user, self.uses = cpu, 0
        self.uses += 1
        return LINES_PER_REQUEST * self.line.ns if self.uses <= self.moved_requests else 0.0

    def round(self, cpu, this_thread, held, begins):
        """Take the lock for a time, and release it. `begins`: for a new request."""
        yield from self.acquire(cpu, this_thread)
        yield self.machine.about(held, 0.5) + (self.fetch_request(cpu) if begins else 0.0)
        yield from self.release(cpu)


def simulate(machine, threads, request):
    """Return the time of a request, if threads make them. `request` makes one, in a thread."""
    made = 0

    def thread_of(cpu):
        nonlocal made
        while True:
            yield from request(cpu, lambda: running[cpu])
            made += 1

    running = [thread_of(cpu) for cpu in range(threads)]
    for thread in running:
        machine.schedule(thread, machine.random.uniform(0, 1000))
    machine.run()
    return machine.end / made


def post(constants, threads, pauses=TRIES):
    """Threads that post small requests and wait for them, each 64 in flight."""
    machine = Machine(constants)
    lock = Lock(machine, pauses)
    gap = constants["lock_ns"]
    held = constants["request_ns"] / POST_ROUNDS - gap

    def request(cpu, this_thread):
        for i in range(POST_ROUNDS):
            yield from lock.round(cpu, this_thread, held, i == 0)
            yield machine.about(gap, 0.5)

    return simulate(machine, threads, request)


def post_multiplexed(constants, threads, engines, pauses=NO_TRIES):
    """The same through a multiplexer, whose lock has `pauses`."""
    machine = Machine(constants)
    outer = Lock(machine, pauses)
    inner = [Lock(machine, TRIES) for _ in range(engines)]
    gap = constants["lock_ns"]
    held = constants["request_ns"] / POST_ROUNDS - gap
    held_outer = (constants["multiplexed_ns"] - constants["request_ns"]) / MULTIPLEXER_ROUNDS - gap
    turn = 0

    def request(cpu, this_thread):
        nonlocal turn
        engine = inner[turn % engines]
        turn += 1
        for i, lock in enumerate((outer, engine, engine, outer, outer, engine, outer)):
            yield from lock.round(cpu, this_thread, held_outer if lock is outer else held, i < 2)
            yield machine.about(gap, 0.5)

    return simulate(machine, threads, request)


def drain(constants, threads, work):
    """Workers that drain a long queue of requests, each of which runs for a time."""
    # The requests that follow lie side by side, and no worker has used them before.
    machine = Machine(constants, least=100 * work)
    lock = Lock(machine, TRIES, moved_requests=1)
    gap = constants["lock_ns"]
    held = constants["workers_1_of_0_ns"] - gap

    def request(cpu, this_thread):
        yield from lock.round(cpu, this_thread, held, True)
        yield machine.about(gap, 0.5) + machine.about(work, 0.02)

    return simulate(machine, threads, request)


class Problem(Exception):
    """What is wrong with the constants."""


NAMES = (
    "lock_ns line_ns wake_none_ns wake_ns wake_latency_ns request_ns posters_2_ns multiplexed_ns "
    "multiplexed_2_ns workers_1_of_0_ns line_at_the_end_ns"
).split()


def read_constants(path):
    constants = {}
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                match = re.fullmatch(r"(\w+)\s+(\d+(?:\.\d+)?)\s*", line)
                if not match:
                    raise Problem(f"{path}:{number}: not a name and a number: {line.strip()}")
                constants[match[1]] = float(match[2])
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from error
    for name in NAMES:
        if name not in constants:
            raise Problem(f"{path}: there is no {name}: pass what the program `constants` printed")
    return constants


def lengths_of_work(constants):
    """Return the lengths of the operators that the workers have drained here."""
    names = (re.fullmatch(r"workers_2_of_(\d+)_ns", name) for name in constants)
    return [int(name[1]) for name in names if name]


def check(constants):
    """Compare the model with the machine."""

    def row(name, model, machine):
        print(f"{name:42} {model:9.0f} {machine:9.0f} {model / machine:7.2f}")

    print("Time of a request, ns                          model   machine   ratio")
    row("1 thread posts", post(constants, 1), constants["request_ns"])
    row("2 threads post", post(constants, 2), constants["posters_2_ns"])
    row("1 thread posts to a multiplexer", post_multiplexed(constants, 1, 2),
        constants["multiplexed_ns"])
    row("2 threads post to a multiplexer", post_multiplexed(constants, 2, 2),
        constants["multiplexed_2_ns"])
    for ns in lengths_of_work(constants):
        work = constants[f"workers_1_of_{ns}_ns"] - constants["workers_1_of_0_ns"]
        for workers in (1, 2):
            row(f"{workers} worker{'s' * (workers > 1)} with operators of {ns} ns",
                drain(constants, workers, work), constants[f"workers_{workers}_of_{ns}_ns"])


def predict(constants):
    """Print what the model says of more threads."""
    counts = (1, 2, 4, 8, 32, 128)

    def row(name, values):
        print(f"{name:42}" + "".join(f" {value:7.0f}" for value in values))

    print("\nTime of a small request, ns, of all threads together")
    row("threads that post", counts)
    for name, pauses in PROTOCOLS:
        row(name, (post(constants, n, pauses) for n in counts))
    row("to a multiplexer of as many engines", (post_multiplexed(constants, n, n) for n in counts))
    row("the same, whose lock has 4 tries",
        (post_multiplexed(constants, n, n, TRIES) for n in counts))

    print("\nShare of the time that workers work, %, with operators of")
    row("workers", counts)
    for us in (1, 10, 100, 1000):
        row(f"{us} us", (100e3 * us / n / drain(constants, n, 1e3 * us) for n in counts))


def main():
    parser = argparse.ArgumentParser(
        description="Simulate the one lock of an engine, with many threads."
    )
    parser.add_argument("constants", help="what the program `constants` of this folder has printed")
    parser.add_argument(
        "--ms", type=float, default=10, help="how long to simulate, in ms (default: %(default)s)"
    )
    arguments = parser.parse_args()
    try:
        constants = read_constants(arguments.constants)
    except Problem as problem:
        parser.error(problem)
    constants["simulated_ns"] = 1e6 * arguments.ms
    lines = sorted((constants["line_ns"], constants["line_at_the_end_ns"]))
    if lines[1] > 1.3 * lines[0]:
        print(
            "one_lock.py: the CPUs came closer or went apart while the constants were measured: "
            f"a line took {lines[0]:.0f} ns and {lines[1]:.0f} ns",
            file=sys.stderr,
        )
    check(constants)
    predict(constants)


if __name__ == "__main__":
    main()
