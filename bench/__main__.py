"""Run every benchmark, print one table, and fail if a bound does not hold."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import (
    booking,
    cold_start,
    contention,
    engine,
    hosted,
    replay,
    speaking,
    spoken,
    syncing,
    through_rest,
    through_the_store,
    tool_calls,
    tool_list,
)
from bench.crew import crew
from bench.measure import Figure
from tests.clusters import Cluster, NoPostgres

_HEADINGS = ("", "ours", "reference", "ratio", "bound", "holds")


def main() -> int:
    """Return the exit code."""
    with TemporaryDirectory(prefix="sched-agent-bench-") as name:
        found = list(_all(Path(name)))
    _print([_HEADINGS, *(_cells(figure) for figure in found)])
    print("\nMedians of turns taken one after the other; the ratio is the median of each turn's.")
    return 0 if all(figure.holds for figure in found) else 1


def _all(folder: Path) -> Iterator[Figure]:
    yield from tool_list.figures()
    yield from engine.figures()
    yield from spoken.figures()
    yield from through_the_store.figures(folder)
    yield from speaking.figures(folder)
    yield from tool_calls.figures(folder)
    yield from booking.figures(folder)
    yield from hosted.figures(folder)
    yield from cold_start.figures(folder)
    yield from replay.figures(folder / "replayed.db", "SQLite")
    yield from syncing.figures(folder / "connected.db", "SQLite", syncing.ON_SQLITE)
    with crew() as writers:
        yield from contention.on_sqlite(folder, writers)
        try:
            cluster = Cluster()
        except NoPostgres as missing:
            print(f"The rows about PostgreSQL are left out. {missing}\n")
            return
        try:
            yield from replay.figures(cluster.new_database(), "PostgreSQL")
            yield from syncing.figures(cluster.new_database(), "PostgreSQL", syncing.ON_POSTGRES)
            yield from contention.on_postgres(cluster, writers)
            yield from through_rest.figures(folder, cluster, writers)
        finally:
            cluster.remove()


def _cells(figure: Figure) -> tuple[str, ...]:
    sign = "" if figure.bound is None else "at least " if figure.faster else "at most "
    return (
        figure.name,
        _amount(figure.ours, figure.unit),
        _amount(figure.reference, figure.unit),
        f"{figure.ratio:.2f}",
        "-" if figure.bound is None else f"{sign}{figure.bound:g}",
        "-" if figure.bound is None else "yes" if figure.holds else "NO",
    )


def _amount(value: float, unit: str) -> str:
    digits = 0 if unit == "bytes" else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def _print(rows: Iterable[tuple[str, ...]]) -> None:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        aligned = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        print("  ".join((name.ljust(widths[0]), *aligned)))


if __name__ == "__main__":
    sys.exit(main())
