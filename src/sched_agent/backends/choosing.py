"""The backend that the settings name."""

from urllib.parse import urlsplit

from httpx import BasicAuth

from sched_agent.app import App
from sched_agent.backends.base import Backend
from sched_agent.backends.claims import ON_ITS_WAY_SECONDS, Claims
from sched_agent.backends.hosted import HostedBackend
from sched_agent.backends.http import Api, bearer
from sched_agent.backends.talkover import Talkover
from sched_agent.backends.timekit import Timekit
from sched_agent.backends.vendor import Vendor
from sched_agent.backends.workspace import Workspace
from sched_agent.model.calendar import Environment
from sched_agent.settings import Settings


def hosted_backend(settings: Settings, app: App, environment: Environment) -> Backend:
    """Return the backend of a hosted API, connected to nothing yet.

    Args:
        settings: They name it.
        app: The program, whose database keeps what agents agree on.
        environment: Whose calendars they are.
    """
    where = urlsplit(settings.base_url or "")
    place = [settings.backend, f"{where.netloc}{where.path}", settings.workspace or ""]
    settled = settings.call_seconds + ON_ITS_WAY_SECONDS
    claims = Claims(app, " ".join(filter(None, place)), settle_seconds=settled)
    return HostedBackend(_vendor(settings, app), app, environment, claims)


def _vendor(settings: Settings, app: App) -> Vendor:
    token = settings.token or ""
    api = Api(
        settings.base_url or "",
        # a Timekit API key is the password, and there is no user (its page what-is-timekit)
        BasicAuth("", token) if settings.backend == "timekit" else bearer(token),
        name=settings.backend,
        secret=token,
        call_seconds=settings.call_seconds,
    )
    if settings.backend == "workspace":
        return Workspace(api, settings.workspace or "", app.clock)
    if settings.backend == "timekit":
        return Timekit(api, app.clock)
    return Talkover(api, app.clock)
