"""A provider that can't answer, or will not, is told as what it is and gives no secret away."""

import logging
import traceback
from functools import partial

import pytest

from sched_agent.bootstrap import set_up_logging
from sched_agent.errors import CalendarUnreachable, ConsentNeeded
from sched_agent.settings import Settings
from tests.contracts.providers.outsider import NINE
from tests.contracts.providers.place import DAY_LONG, WINDOW


def reads(provider, calendar, event, cursor):
    """Return what can be asked of any provider."""
    return {
        "calendars": provider.calendars,
        "changes": lambda: list(provider.changes(calendar, None, WINDOW)),
        "changes since": lambda: list(provider.changes(calendar, cursor, WINDOW)),
        "busy": partial(provider.busy, calendar, DAY_LONG),
        "busy but for one": partial(provider.busy, calendar, DAY_LONG, [event.ref.key]),
        "event": partial(provider.event, calendar, event.ref),
    }


def told(error):
    """Return all that an error tells whoever looks at it, or at the log of it."""
    lines = traceback.format_exception(error)
    return "\n".join([*lines, str(error), repr(error), repr(vars(error))])


class Failing:
    @pytest.fixture
    def logged(self, caplog):
        """What the program logs when it is told to log all that it can."""
        root, ours = logging.getLogger(), logging.getLogger("sched_agent")
        talkative = [root, ours, logging.getLogger("httpx"), logging.getLogger("httpcore")]
        before, handlers = [logger.level for logger in talkative], root.handlers[:]
        set_up_logging(Settings(log_level="debug"))
        root.addHandler(caplog.handler)
        yield lambda: caplog.text
        root.handlers[:] = handlers
        for logger, level in zip(talkative, before, strict=True):
            logger.setLevel(level)

    @pytest.fixture
    def follower(self, place):
        place.add(NINE)
        return place.follower()

    @pytest.fixture
    def asked(self):
        """What is asked of a provider."""
        return reads

    @pytest.fixture
    def asking(self, place, follower, asked):
        """Return what can be asked of a provider about an event that is there."""
        (event,) = follower.events
        return lambda provider: asked(provider, place.calendar, event, follower.cursor)

    def test_credentials_that_are_refused_need_consent(self, world, asking, logged):
        stranger = world.stranger()

        for name, ask in asking(stranger).items():
            with pytest.raises(ConsentNeeded) as refusal:
                ask()
            assert not any(secret in told(refusal.value) for secret in world.secrets), name
        stranger.close()

        assert not any(secret in logged() for secret in world.secrets)
        assert not any(secret in repr(stranger) for secret in world.secrets)

    def test_a_server_that_is_gone_is_unreachable_and_nothing_seems_free(
        self, place, world, asking, logged
    ):
        world.go_down()

        for name, ask in asking(place.provider).items():
            with pytest.raises(CalendarUnreachable) as failure:
                ask()
            assert not any(secret in told(failure.value) for secret in world.secrets), name

        assert not any(secret in logged() for secret in world.secrets)
        world.come_back()
        assert place.taken() == [NINE]

    def test_a_server_that_comes_back_is_read_on_from_where_one_was(self, place, world, follower):
        world.go_down()
        with pytest.raises(CalendarUnreachable):
            follower.read()

        world.come_back()
        place.add(NINE, title="Meanwhile")
        follower.read()

        assert len(follower.events) == 2

    def test_nothing_secret_is_logged_when_all_goes_well(self, place, world, asking, logged):

        for ask in asking(place.provider).values():
            ask()

        assert not any(secret in logged() for secret in world.secrets)
        assert not any(secret in repr(place.provider) for secret in world.secrets)
