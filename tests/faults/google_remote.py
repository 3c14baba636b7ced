"""The stub of Google as a provider that a run can hurt; others go there without the line."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from sched_agent.clock import Clock
from sched_agent.model.connection import ProviderKind, ProviderSettings
from sched_agent.model.interval import Interval
from sched_agent.model.zone import instant
from sched_agent.providers.credentials import Tokens
from sched_agent.providers.google.quirks import uid_in
from tests.faults.chaos import BadThing, Chaos
from tests.faults.remotes import A_THOUSAND, Missed, Thing, line, slow
from tests.google_calendars import Refusal, Resource, StubCalendar
from tests.google_discovery import Method
from tests.google_door import BASE
from tests.google_stub import GoogleStub, Seen


class _Google(GoogleStub):
    """Counts what is made, and sometimes fails after it has done what it was asked for."""

    def __init__(self, clock: Clock, dice: random.Random) -> None:
        self.made: dict[str, int] = {}
        self.a_thousand = 0
        self._dice = dice
        super().__init__(clock=clock)

    def _act(self, method: Method, path: dict[str, str], seen: Seen) -> Resource | None:
        answer = super()._act(method, path, seen)
        if method.id == "calendar.events.insert":
            title = seen.body["summary"]
            self.made[title] = self.made.get(title, 0) + 1
        if method.id in _WRITES and self._dice.random() * 1000 < self.a_thousand:
            raise Refusal(503, "backendError", "Service unavailable.")
        return answer


_WRITES = {f"calendar.events.{verb}" for verb in ("insert", "patch", "delete")}
_TROUBLES: Sequence[tuple[int, str, str | None]] = (
    (503, "backendError", None),
    (500, "internalError", None),
    (429, "rateLimitExceeded", "1"),
    (403, "userRateLimitExceeded", None),
)


class Google:
    """The stub of Google; what others do there does not go over the line."""

    ca: Path | None = None

    def __init__(self, _: Path, seed: str, clock: Clock) -> None:
        self._stub = _Google(clock, random.Random(f"{seed} google"))
        self._stub.a_thousand = A_THOUSAND
        port = urlsplit(self._stub.url).port or 0
        self.proxy = line(port, f"{seed} google")
        url = f"http://127.0.0.1:{self.proxy.port}{BASE}"
        self.settings = ProviderSettings(name="google", kind=ProviderKind.GOOGLE, url=url)
        self.credentials = Tokens(access=self._stub.token())
        self.bad_things: dict[str, BadThing] = {
            "provider down": self._down,
            "provider fails": self._fail,
            "cursors forgotten": self._forget,
            "provider slow": slow(self.proxy),
        }

    def new_calendar(self, name: str) -> str:
        key = f"{name.lower()}@example.com"
        self._stub.add_calendar(key, name=name)
        return key

    def things(self, calendar: str) -> Sequence[Thing]:
        return [_thing_at_google(one) for one in self._stub.live(calendar)]

    def add(self, calendar: str, uid: str, title: str, when: Interval) -> str:
        own = re.sub("[^a-v0-9]", "", uid)  # which Google gives once, for all calendars
        name = self._stub.add(title, when, calendar=calendar, id=own)
        return str(self._stub.raw(name, calendar=calendar)["iCalUID"])

    def rename(self, calendar: str, thing: Thing, title: str) -> None:
        self._change(
            calendar, thing, lambda kept: kept.patch(thing.place, {"summary": title}, None)
        )

    def move(self, calendar: str, thing: Thing, when: Interval) -> None:
        times = {
            side: {"dateTime": datetime.fromtimestamp(at / 1_000_000, UTC).isoformat()}
            for side, at in (("start", when.start), ("end", when.end))
        }
        self._change(calendar, thing, lambda kept: kept.patch(thing.place, times, None))

    def delete(self, calendar: str, thing: Thing) -> None:
        self._change(calendar, thing, lambda kept: kept.delete(thing.place))

    def makings(self) -> Mapping[str, int] | None:
        return dict(self._stub.made)

    def heal(self) -> None:
        self._stub.come_back()
        self._stub.trouble.clear()
        self._stub.a_thousand = 0
        self.proxy.lose_nothing()

    def close(self) -> None:
        self.proxy.close()
        self._stub.stop()
        self._stub.check()

    def _change(self, calendar: str, thing: Thing, act: Callable[[StubCalendar], object]) -> None:
        with self._stub.alone():
            kept = self._stub.calendars[calendar]
            now = kept.stored[thing.place]
            if now["status"] == "cancelled" or now["etag"] != thing.etag:
                raise Missed
            act(kept)

    def _down(self, chaos: Chaos) -> bool:
        self._stub.go_down()
        chaos.wait(0.2, 1.5)
        self._stub.come_back()
        return True

    def _fail(self, chaos: Chaos) -> bool:
        status, reason, retry_after = chaos.dice.choice(_TROUBLES)
        times = chaos.dice.choice((1, 2, 4))
        self._stub.fail_next(status, reason, times=times, retry_after=retry_after)
        return True

    def _forget(self, _: Chaos) -> bool:
        self._stub.forget_cursors()
        return True


def _thing_at_google(one: Resource) -> Thing:
    return Thing(
        uid=uid_in(one["id"]) or one["iCalUID"],
        place=one["id"],
        etag=one["etag"],
        title=one.get("summary", ""),
        when=Interval(*(instant(_moment(one[side])) for side in ("start", "end"))),
    )


def _moment(when: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(when["dateTime"])
