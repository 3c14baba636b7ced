"""What every service needs: where things are kept, and what time it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sched_agent.clock import Clock
from sched_agent.store.base import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How providers, and whoever is told of events, are reached.

    Args:
        keys: Fernet keys: the first one seals what is secret, any of them unseals it.
        seconds: How long a booking may wait for a provider.
        allow_private: Whether addresses of this machine and its network may be gone to.
        public_url: Where browsers reach this server.
        mail: Where mail is handed over, as a URL ...
        mail_from: ... and whom it is from.
    """

    keys: Sequence[str] = field(default=(), repr=False)
    seconds: float = 3.0
    allow_private: bool = False
    public_url: str = "http://127.0.0.1:8080"
    mail: str | None = field(default=None, repr=False)
    mail_from: str | None = None


@dataclass(frozen=True, slots=True)
class App:
    """The running program below its doors.

    Args:
        store: Where everything is kept.
        clock: What time it is.
        max_holds: How many live holds a caller may have on one calendar.
        outside: How others are reached.
    """

    store: Store
    clock: Clock
    max_holds: int = 10
    outside: Outside = Outside()
