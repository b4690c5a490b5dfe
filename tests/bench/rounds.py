"""Interleaved measuring: each round measures every row once, in random order, and compares within the round.

A machine's speed changes over seconds; rows that are measured in the same round are measured at the same speed.
"""
import os
import random
import statistics


class Spread:
    """Median and quartiles."""

    def __init__(self, values):
        values = list(values)
        self.count = len(values)
        self.low, self.median, self.high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3

    @property
    def half(self):
        return (self.high - self.low) / 2

    @property
    def error(self):
        """The standard error of the median, if the values were normally distributed."""
        return 1.253 * self.half / 0.6745 / self.count ** 0.5


def interleaved(rows, rounds, measure):
    """{row: [what measure(row) gave in each round]}"""
    samples = {row: [] for row in rows}
    for _ in range(rounds):
        for row in random.sample(rows, len(rows)):
            samples[row].append(measure(row))
    return samples


def ratio(samples, row, floor):
    return Spread(a / b for a, b in zip(samples[row], samples[floor]))


def pin(cpu):
    """For subprocess's preexec_fn: binds the process to one processor, counted from the last."""
    allowed = sorted(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, {allowed[-1 - cpu % len(allowed)]})


def fast_quartile(values):
    """A low quantile: batches that nothing interrupted, but not just the fastest one."""
    return sorted(values)[len(values) // 4]
