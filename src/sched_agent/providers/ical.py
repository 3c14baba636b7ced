"""Between iCalendar text (RFC 5545) and the events of `model.remote`."""

from sched_agent.providers.ical_reading import Occurrence, busy_of, occurrences

__all__ = ["Occurrence", "busy_of", "occurrences"]
