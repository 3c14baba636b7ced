"""Environments: tenants that see nothing of each other."""

from sched_agent.app import App
from sched_agent.errors import InvalidArgument
from sched_agent.model.calendar import Calendar, Environment
from sched_agent.model.caller import Caller, Level
from sched_agent.services.calendars import OFFICE_HOURS
from sched_agent.store.base import Transaction

DEFAULT = "default"


def ensure(app: App, name: str, timezone: str) -> tuple[Environment, bool]:
    """Return the environment with that name, and whether it had to be made.

    The default environment begins with one calendar, open Monday to Friday from 9 to 17, so that
    the first question gets a real answer. It comes with the environment or not at all: whoever
    deletes it later does not get it back.
    """
    if not name.strip():
        raise InvalidArgument("An environment needs a name.")
    now = app.clock()

    def furnish(tx: Transaction) -> None:
        if name == DEFAULT:
            first = Calendar(
                id=0, name="My calendar", timezone=timezone, created_at=now, updated_at=now
            )
            tx.add_rule(tx.add_calendar(first).id, OFFICE_HOURS)

    return app.store.add_environment(name, timezone, now, furnish)


def find(app: App, name: str) -> Environment:
    """Return the environment with that name.

    Raises:
        InvalidArgument: There is none.
    """
    known = {environment.name: environment for environment in app.store.environments()}
    if name not in known:
        raise InvalidArgument(
            f"There is no environment {name!r}.", hint=f"There are: {', '.join(known)}."
        )
    return known[name]


def of(app: App, caller: Caller) -> Environment:
    """Return the environment that a caller works in."""
    caller.require(Level.READ)
    with app.store.snapshot(caller.environment_id) as tx:
        return tx.environment()


def local_admin(environment: Environment) -> Caller:
    """Return the caller on this machine: whoever may open the database may do everything."""
    return Caller(environment_id=environment.id, name="local", level=Level.ADMIN)
