"""Several providers on one calendar at once, each in a thread of its own."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sched_agent.errors import CalendarUnreachable
from sched_agent.model.interval import DAY, Interval
from sched_agent.providers.base import RemoteChanged
from tests.contracts.providers.outsider import NINE
from tests.contracts.providers.place import UID, WINDOW, Follower, saying, titles

AT_ONCE = 4
EACH = 5
_TRIES = 20


def at_once(world, act):
    """Do something in several threads, each with its number and a provider; return the results."""

    def run(number):
        provider = world.provider()
        try:
            return act(number, provider)
        finally:
            provider.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(run, range(AT_ONCE)))


def in_the_end(act):
    """Do something, and again while the server says that it can't do it now, as Xandikos does.

    What it says so of may have been done all the same.
    """
    for _ in range(_TRIES):
        try:
            return act()
        except CalendarUnreachable:
            continue
    return act()


class Sharing:
    def test_what_several_make_at_once_is_all_there_and_all_of_it_is_told(self, place, world):
        follower = place.follower()

        def make(number, provider):
            for one in range(EACH):
                title = f"{number}-{one}"
                uid = f"env_000001-evt_{number}{one}3m9q@sched-agent"
                start = NINE.start + (number * EACH + one) * DAY
                content = saying(Interval(start, start + DAY // 24), title=title)
                in_the_end(partial(provider.create, place.calendar, uid, content))
                Follower(provider, place.calendar, WINDOW).read()
                assert provider.busy(place.calendar, content.interval)

        at_once(world, make)
        follower.read()

        made = [f"{number}-{one}" for number in range(AT_ONCE) for one in range(EACH)]
        assert titles(follower.events) == made
        assert follower.knows == place.follower().knows

    def test_of_several_who_make_one_event_at_once_at_most_one_has_made_it(self, place, world):
        def make(_, provider):
            return in_the_end(partial(provider.create, place.calendar, UID, saying()))

        created = at_once(world, make)

        assert [one.made for one in created].count(True) <= 1
        assert len({one.event.ref for one in created}) == 1
        assert place.outsider.count(UID) == 1

    def test_of_several_who_change_one_version_at_once_at_most_one_wins(self, place, world):
        ref = place.create().ref

        def change(number, provider):
            try:
                in_the_end(partial(provider.update, place.calendar, ref, saying(title=f"{number}")))
            except RemoteChanged:
                return None
            return f"{number}"

        winners = [title for title in at_once(world, change) if title]
        (title,) = titles(place.read())
        assert title != "Stand-up"
        assert winners in ([], [title])
