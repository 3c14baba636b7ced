"""Where a PostgreSQL database is."""

from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sched_agent.errors import SettingsError


class Place:
    """A database's URL, read as PostgreSQL's own library reads it."""

    def __init__(self, url: str) -> None:
        """Read it.

        Raises:
            SettingsError: It can't be read; its text, which may hold a password, is not told.
        """
        try:
            self._parts = conninfo_to_dict(url)
        except psycopg.Error:
            raise SettingsError(
                "SCHED_AGENT_DATABASE is no URL of a PostgreSQL database: "
                "postgresql://USER:PASSWORD@HOST/DATABASE, with special characters as in %23."
            ) from None

    @property
    def shown(self) -> str:
        """What people may be told of it."""
        host, port = self._parts.get("host") or "", self._parts.get("port")
        return f"postgresql://{host}{f':{port}' if port else ''}/{self._parts.get('dbname') or ''}"

    @property
    def url(self) -> str:
        """Everything, in the form that keeps every part apart."""
        parts = {name: str(value) for name, value in self._parts.items() if value is not None}
        return f"postgresql:///?{urlencode(parts, quote_via=quote)}"

    def beside(self, database: str) -> "Place":
        """Return another database on the same server."""
        place = Place(self.url)
        place._parts["dbname"] = database
        return place
