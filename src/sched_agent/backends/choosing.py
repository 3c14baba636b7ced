"""The backend that the settings name."""

from urllib.parse import urlsplit

from httpx import BasicAuth

from sched_agent.backends.base import Backend
from sched_agent.backends.claims import Claims
from sched_agent.backends.hosted import HostedBackend
from sched_agent.backends.http import Api, bearer
from sched_agent.backends.talkover import Talkover
from sched_agent.backends.timekit import Timekit
from sched_agent.backends.vendor import Vendor
from sched_agent.backends.workspace import Workspace
from sched_agent.model.calendar import Environment
from sched_agent.services.app import App
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
    claims = Claims(app, " ".join(filter(None, place)))
    return HostedBackend(_vendor(settings, app), app, environment, claims)


def _vendor(settings: Settings, app: App) -> Vendor:
    base_url, token = settings.base_url or "", settings.token or ""
    if settings.backend == "workspace":
        api = Api(base_url, bearer(token), name=settings.backend)
        return Workspace(api, settings.workspace or "", app.clock)
    if settings.backend == "timekit":
        # the API key is the password, and there is no user (its page what-is-timekit)
        return Timekit(Api(base_url, BasicAuth("", token), name=settings.backend), app.clock)
    return Talkover(Api(base_url, bearer(token), name=settings.backend), app.clock)
