"""How many HTTP requests a tool sends: as few as possible, and not one more unnoticed."""

from contextlib import closing, nullcontext

import pytest

from sched_agent.bootstrap import open_program
from sched_agent.errors import SlotTaken
from sched_agent.model.attendee import Attendee
from sched_agent.model.ids import Kind, code
from sched_agent.model.schedule import Check
from sched_agent.services import calendars, events
from sched_agent.services.environments import local_admin
from sched_agent.settings import Settings
from sched_agent.speech.language import Language
from sched_agent.tools.catalog import all_tools
from sched_agent.transports.rest.app import application, mcp_server
from tests.builders import MONDAY, a_draft, span
from tests.hosting import FAMILIES, Keys, exchanges
from tests.processes import settings_for
from tests.transports.conftest import Running

CALLS = {
    "list_calendars": {"talkover": (1, 0), "workspace": (1, 0), "timekit": (1, 0)},
    "check_availability": {"talkover": (3, 1), "workspace": (2, 1), "timekit": (3, 2)},
    "create_event": {"talkover": (5, 3), "workspace": (2, 1), "timekit": (5, 4)},
    "create_event, refused": {"talkover": (3, 1), "workspace": (3, 2), "timekit": (3, 2)},
    "get_event": {"talkover": (3, 1), "workspace": (2, 1), "timekit": (3, 1)},
    "list_events": {"talkover": (2, 1), "workspace": (2, 1), "timekit": (2, 1)},
    "update_event": {"talkover": (4, 2), "workspace": (3, 2), "timekit": (4, 2)},
    "update_event, moved": {"talkover": (7, 4), "workspace": (5, 4), "timekit": (7, 5)},
    "cancel_event": {"talkover": (4, 2), "workspace": (3, 2), "timekit": (4, 2)},
    "respond_to_event": {"workspace": (4, 3)},
    "update_calendar": {"workspace": (4, 3)},
    "add_availability_rule": {"talkover": (3, 2), "workspace": (3, 2)},
    "remove_availability_rule": {"workspace": (4, 3)},
    "delete_event": {"workspace": (3, 2)},
}
"""By tool and backend: as the first thing that a program does, and when it has just read all."""

ARGUMENTS: dict[str, dict[str, object]] = {
    "list_calendars": {},
    "check_availability": {"when": MONDAY},
    "create_event": {"title": "Intake", "start_at": f"{MONDAY}T10:00"},
    "create_event, refused": {"title": "Intake", "start_at": f"{MONDAY}T09:00"},
    "get_event": {"event_id": "EVENT"},
    "list_events": {"from": MONDAY},
    "update_event": {"event_id": "EVENT", "title": "Intake"},
    "update_event, moved": {"event_id": "EVENT", "start_at": f"{MONDAY}T10:00"},
    "cancel_event": {"event_id": "EVENT"},
    "respond_to_event": {"event_id": "EVENT", "attendee": "Ana", "response": "accepted"},
    "update_calendar": {"calendar_id": "CALENDAR", "name": "Room 2"},
    "add_availability_rule": {"type": "exception", "date": MONDAY, "available": False},
    "remove_availability_rule": {"rule_id": "RULE"},
    "delete_event": {"event_id": "EVENT"},
}


@pytest.fixture
def vendor(tmp_path):
    """A program of its own, with one calendar that is open on weekdays from nine."""
    environ = settings_for(f"sqlite:///{tmp_path}/vendor.db")
    zoned = environ | {"SCHED_AGENT_TIMEZONE": "America/New_York"}
    with closing(open_program(Settings.read(zoned))) as program:
        yield program


@pytest.fixture
def ids(vendor):
    """What is there: the calendar, its rule, and an event that takes Monday at nine."""
    app, admin = vendor.app, local_admin(vendor.environment)
    (calendar,) = calendars.find_all(app, admin, limit=2).items
    (rule,) = calendars.rules(app, admin, calendar.id)
    draft = a_draft(span("09:00", "09:30"), attendees=(Attendee("Ana", "ana@example.com"),))
    event = events.book(app, admin, calendar.id, draft, check=Check.NONE)
    return {
        "CALENDAR": code(Kind.CALENDAR, calendar.id),
        "RULE": code(Kind.RULE, rule.id),
        "EVENT": code(Kind.EVENT, event.id),
    }


@pytest.fixture
def hosted(vendor, tmp_path):
    """Opens a program whose calendars are there."""
    keys = Keys.to(vendor)
    own = settings_for(f"sqlite:///{tmp_path}/own.db")
    server = mcp_server(vendor.backend, vendor.settings)
    asgi = application(vendor.app, vendor.environment, vendor.settings, server)
    with Running(asgi) as running:
        yield lambda backend: closing(
            open_program(Settings.read(own | keys.settings(backend, running.url)))
        )


def sent_by(program, act, ids):
    """Return how many requests a tool sends."""
    tool, *outcome = act.split(", ")
    arguments = {name: ids.get(str(value), value) for name, value in ARGUMENTS[act].items()}
    admin = local_admin(program.environment)
    with exchanges() as sent, pytest.raises(SlotTaken) if "refused" in outcome else nullcontext():
        all_tools()[tool].call(program.backend, admin, arguments, language=Language.EN)
    return len(sent)


@pytest.mark.parametrize(("act", "backend"), [(act, one) for act in CALLS for one in CALLS[act]])
def test_a_program_that_starts_sends_what_its_first_tool_needs(hosted, ids, act, backend):
    with hosted(backend) as program:
        assert sent_by(program, act, ids) == CALLS[act][backend][0]


@pytest.mark.parametrize(("act", "backend"), [(act, one) for act in CALLS for one in CALLS[act]])
def test_what_was_just_read_is_not_read_again(hosted, ids, act, backend):
    with hosted(backend) as program:
        sent_by(program, "check_availability", ids)
        sent_by(program, "list_events", ids)

        assert sent_by(program, act, ids) == CALLS[act][backend][1]


@pytest.mark.parametrize("backend", FAMILIES)
def test_the_requests_of_every_tool_that_a_backend_serves_are_counted(hosted, backend):
    counted = {act.split(", ")[0] for act in CALLS if backend in CALLS[act]}

    with hosted(backend) as program:
        assert counted == program.backend.abilities & all_tools().keys()
