"""Which steps of a schema are left to take."""

from collections.abc import Sequence

from sched_agent.errors import SettingsError


def left_to_take(known: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return the known steps that a database has still to take, in their order.

    Raises:
        SettingsError: It has taken steps that this version does not know.
    """
    unknown = [name for name in taken if name not in known]
    if unknown:
        raise SettingsError(
            f"The database is at version {unknown[-1]}, newer than this sched-agent "
            f"(which knows {known[-1]}): upgrade sched-agent, or name another DATABASE."
        )
    return [name for name in known if name not in taken]


def another_program() -> SettingsError:
    """Return the refusal of a database that is not ours."""
    return SettingsError(
        "The database belongs to another program: name another DATABASE, or one that is new."
    )
