"""What all commands of the command line have in common."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer

from sched_agent.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
InEnvironment = Annotated[
    str, typer.Option("--environment", help="The environment (tenant) to work in.")
]


def fail(message: str, code: int = 1) -> NoReturn:
    """End with a line on standard error."""
    sys.stderr.write(f"sched-agent: {message}\n")
    sys.exit(code)


def put(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def table(rows: list[dict[str, Any]]) -> None:
    """Show rows that have the same fields."""
    from rich.console import Console
    from rich.table import Table

    shown = Table()
    for name in rows[0]:
        shown.add_column(name, overflow="fold", no_wrap=name == "id")
    for row in rows:
        shown.add_row(*("" if value is None else str(value) for value in row.values()))
    Console().print(shown)


@contextmanager
def open_in(
    environment: str = "default", *, make: bool = False, over: Mapping[str, Any] | None = None
) -> Iterator[Any]:
    """Open the program in an environment; `make` makes it if there is none with that name.

    What the command line says, in `over`, goes before the settings.
    """
    from sched_agent.bootstrap import Program, open_program, set_up_logging
    from sched_agent.services.environments import ensure, find

    settings = Settings.read().model_copy(update=over)
    set_up_logging(settings)
    program = open_program(settings)
    try:
        if environment != program.environment.name:
            zone = program.environment.timezone
            chosen = (
                ensure(program.app, environment, zone)[0]
                if make
                else find(program.app, environment)
            )
            program = Program(settings, program.app, program.backend, chosen)
        yield program
    finally:
        program.close()
