"""Runs the product with a clock that is faster than the machine's, and the same everywhere.

A hold lasts a minute at least; on a clock sixty times as fast it runs out within a second. The
clock is the one double in a torture run: `python -m tests.faults.fast_clock serve --port 8080`.
"""

import os
import sys
import time
from dataclasses import dataclass, replace
from typing import Self

from sched_agent import bootstrap, cli
from tests.builders import at

ENVIRON = "SCHED_AGENT_TEST_CLOCK"
EPOCH = at("2027-03-01T12:00")
RATE = 60


@dataclass(frozen=True, slots=True)
class FastClock:
    """Microseconds since 1970, beginning at `EPOCH` when the machine's counter is at `started`.

    The counter (CLOCK_MONOTONIC) is one for all processes of a machine, and nobody sets it.
    """

    started: int
    rate: int = RATE

    def __call__(self) -> int:
        return EPOCH + (time.monotonic_ns() - self.started) * self.rate // 1000

    def leapt(self, microseconds: int) -> Self:
        """Return a clock that is ahead of this one."""
        return replace(self, started=self.started - microseconds * 1000 // self.rate)

    def environ(self) -> dict[str, str]:
        """Return what makes another process see the same time."""
        return {ENVIRON: f"{self.started} {self.rate}"}


def start_now(rate: int = RATE) -> FastClock:
    """Return a clock that begins now."""
    return FastClock(time.monotonic_ns(), rate)


def of_environ() -> FastClock:
    """Return the clock of the run that this process belongs to."""
    started, rate = os.environ[ENVIRON].split()
    return FastClock(int(started), int(rate))


if __name__ in {"__main__", "__mp_main__"}:  # the second is what a worker of `serve` calls it
    vars(bootstrap)["system_clock"] = of_environ()

if __name__ == "__main__":
    sys.argv[0] = "sched-agent"
    cli.main()
