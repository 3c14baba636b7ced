"""What gave way where both sides had changed an event can be read."""

import httpx

from sched_agent.model.connection import Connection, LostChange, ProviderKind, State
from sched_agent.model.ids import Kind, uuid
from sched_agent.model.remote import Content
from tests.builders import span
from tests.transports.conftest import bearer


def test_what_gave_way_is_told_to_admins(app, url, a_token, calendar, environment):
    lost = Content(title="Ours, older", interval=span("09:00", "09:30"))
    with app.store.transaction(environment.id) as tx:
        connection = tx.add_connection(
            Connection(
                id=0,
                calendar_id=calendar.id,
                provider="google",
                kind=ProviderKind.GOOGLE,
                state=State.ACTIVE,
                created_at=0,
                updated_at=0,
            )
        )
        told = LostChange(calendar.id, 7, connection.id, app.clock(), "here", lost.as_data())
        tx.keep_lost(told)
    names = uuid(Kind.CALENDAR, calendar.id), uuid(Kind.CONNECTION, connection.id)
    path = f"{url}/api/v1/calendars/{names[0]}/providers/{names[1]}/conflicts"

    (one,) = httpx.get(path, headers=bearer(a_token("admin"))).json()["data"]

    assert (one["title"], one["whose"], one["status"]) == ("Ours, older", "here", "confirmed")
    assert one["start_at"] == "2026-11-23T14:00:00Z"
    assert one["event_id"] == uuid(Kind.EVENT, 7)
    assert httpx.get(path, headers=bearer(a_token("write"))).json()["code"] == "not_allowed"
