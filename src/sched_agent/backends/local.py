"""The engine in this process."""

from functools import partial

from sched_agent.app import App
from sched_agent.backends.abilities import ALL
from sched_agent.model.schedule import Check
from sched_agent.services import (
    availability,
    calendars,
    connecting,
    connections,
    events,
    retries,
)


class LocalBackend:
    """See `backends.base.Backend`: the services, bound to one app and to the full check."""

    def __init__(self, app: App) -> None:
        self.abilities = ALL
        self.now = app.clock
        self.calendars = partial(calendars.find_all, app)
        self.calendar = partial(calendars.get, app)
        self.free = partial(availability.check, app)
        self.heard_at = partial(retries.heard_at, app)
        self.book = partial(events.book, app, check=Check.FULL)
        self.event = partial(events.get, app)
        self.events = partial(events.find_all, app)
        self.revise = partial(events.revise, app, check=Check.FULL)
        self.cancel = partial(events.cancel, app)
        self.respond = partial(events.respond, app)
        self.delete = partial(events.delete, app)
        self.create_calendar = partial(calendars.create, app)
        self.revise_calendar = partial(calendars.revise, app)
        self.rules = partial(calendars.rules, app)
        self.add_rule = partial(calendars.add_rule, app)
        self.remove_rule = partial(calendars.remove_rule, app)
        self.connect = partial(connecting.begin, app)
        self.sync = partial(connections.sync_calendar, app)

    def close(self) -> None:
        """See `backends.base.Backend`. The database is not the backend's to close."""
