"""Between iCalendar text (RFC 5545) and the events of `model.remote`."""

from sched_agent.providers.ical_reading import Occurrence, busy_of, occurrences
from sched_agent.providers.ical_writing import revised, without, written

__all__ = ["Occurrence", "busy_of", "occurrences", "revised", "without", "written"]
