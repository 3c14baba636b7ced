"""What every store that speaks SQL keeps of providers, connections and links."""

import json
from collections.abc import Sequence
from typing import Any

from sched_agent.errors import UnknownConnection
from sched_agent.model.connection import (
    Connection,
    ConnectionPolicy,
    Link,
    LostChange,
    ProviderKind,
    ProviderSettings,
    State,
    WhenTaken,
    WhenUnknown,
)
from sched_agent.model.ids import Number
from sched_agent.model.interval import Interval
from sched_agent.model.parts import in_parts
from sched_agent.store.statements import Reading, Row, Writing, marks

_PROVIDER = (
    "name, kind, url, client_id, sealed_secret, authorization_url, token_url, redirect_uris, "
    "created_at"
)
_CONNECTION = (
    "connection_id, calendar_id, provider, kind, state, redirect_uri, sealed_credentials, "
    "sealed_flow, remote_calendar, writable, cursor, known_until, last_sync_at, syncing_since, "
    "events_synced, trouble, recheck_seconds, max_age_minutes, sync_minutes, when_unknown, "
    "when_taken, created_at, updated_at"
)
_LINK = (
    "connection_id, event_id, key, handle, etag, seen_here, seen_there, start_at, end_at, is_ours, "
    "awaited"
)
_AT_ONCE = 500
"""As many values as one statement names."""

_LINKS_AT_ONCE = 50


class ConnectionReader(Reading):
    """See `store.base.Reader`."""

    def providers(self) -> Sequence[ProviderSettings]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {_PROVIDER} from provider where environment_id = ? order by name"
        )
        return [_provider(row) for row in found]

    def connections(self, calendar_id: Number | None = None) -> Sequence[Connection]:
        """See `store.base.Reader`."""
        found = (
            self._all(
                f"select {_CONNECTION} from connection where environment_id = ?"
                " order by created_at, connection_id"
            )
            if calendar_id is None
            else self._all(
                f"select {_CONNECTION} from connection indexed by connection_of_calendar"
                " where environment_id = ? and calendar_id = ? order by created_at, connection_id",
                calendar_id,
            )
        )
        return [_connection(row) for row in found]

    def connection(self, connection_id: Number) -> Connection:
        """See `store.base.Reader`."""
        row = self._one(
            f"select {_CONNECTION} from connection where environment_id = ? and connection_id = ?",
            connection_id,
        )
        if row is None:
            raise UnknownConnection("No provider connection has that id.")
        return _connection(row)

    def links_of(self, event_id: Number) -> Sequence[Link]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {_LINK} from link indexed by link_of_event"
            " where environment_id = ? and event_id = ? order by key",
            event_id,
        )
        return [_link(row) for row in found]

    def links_at(self, connection_id: Number, handles: Sequence[str]) -> Sequence[Link]:
        """See `store.base.Reader`."""
        return self._links("handle", connection_id, handles, " indexed by link_of_handle")

    def links_named(self, connection_id: Number, keys: Sequence[str]) -> Sequence[Link]:
        """See `store.base.Reader`."""
        return self._links("key", connection_id, keys)

    def links_to(self, connection_id: Number, event_ids: Sequence[Number]) -> Sequence[Link]:
        """See `store.base.Reader`."""
        return self._links("event_id", connection_id, event_ids, " indexed by link_of_event")

    def links_within(self, connection_id: Number, window: Interval) -> Sequence[Link]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {_LINK} from link where environment_id = ? and connection_id = ?"
            " and start_at < ? and end_at > ? order by key",
            connection_id,
            window.end,
            window.start,
        )
        return [_link(row) for row in found]

    def links_awaited(self, connection_id: Number) -> Sequence[Link]:
        """See `store.base.Reader`."""
        found = self._all(
            f"select {_LINK} from link indexed by link_awaited"
            " where environment_id = ? and connection_id = ? and awaited order by key",
            connection_id,
        )
        return [_link(row) for row in found]

    def lost_changes(self, connection_id: Number, limit: int) -> Sequence[LostChange]:
        """See `store.base.Reader`."""
        found = self._all(
            "select calendar_id, event_id, connection_id, at, what, lost from audit"
            " where environment_id = ? and connection_id = ? order by at desc limit ?",
            connection_id,
            limit,
        )
        return [
            LostChange(row[0], row[1], row[2], row[3], row[4], json.loads(row[5])) for row in found
        ]

    def _links(
        self, column: str, connection_id: Number, values: Sequence[object], by: str = ""
    ) -> list[Link]:
        return [
            _link(row)
            for some in in_parts(values, _AT_ONCE)
            for row in self._all(
                f"select {_LINK} from link{by} where environment_id = ? and connection_id = ?"
                f" and {column} in ({marks(some)}) order by key",
                connection_id,
                *some,
            )
        ]


class ConnectionWriter(Writing):
    """See `store.base.Transaction`."""

    def put_provider(self, provider: ProviderSettings) -> None:
        """See `store.base.Transaction`."""
        self._put("provider", _provider_row(provider), key=("name",))

    def delete_provider(self, name: str) -> bool:
        """See `store.base.Transaction`."""
        sql = "delete from provider where environment_id = ? and name = ?"
        return self._change(sql, name) > 0

    def add_connection(self, connection: Connection) -> Connection:
        """See `store.base.Transaction`."""
        row = _connection_row(connection)
        row["connection_id"] = self._unused("connection", "connection_id")
        self._insert("connection", row)
        return _connection(tuple(row.values()))

    def put_connection(self, connection: Connection) -> None:
        """See `store.base.Transaction`."""
        row = _connection_row(connection)
        if not self._replace("connection", row, key=("connection_id",)):
            raise UnknownConnection("No provider connection has that id.")

    def delete_connection(self, connection_id: Number) -> None:
        """See `store.base.Transaction`."""
        for table in ("link", "audit", "connection"):
            sql = f"delete from {table} where environment_id = ? and connection_id = ?"
            self._change(sql, connection_id)

    def put_link(self, link: Link) -> None:
        """See `store.base.Transaction`."""
        self.put_links([link])

    def put_links(self, links: Sequence[Link]) -> None:
        """See `store.base.Transaction`."""
        for some in in_parts(links, _LINKS_AT_ONCE):
            self._put_all("link", [_link_row(one) for one in some], key=("connection_id", "key"))

    def delete_link(self, connection_id: Number, key: str) -> None:
        """See `store.base.Transaction`."""
        sql = "delete from link where environment_id = ? and connection_id = ? and key = ?"
        self._change(sql, connection_id, key)

    def await_no_more(self, connection_id: Number, keys: Sequence[str]) -> None:
        """See `store.base.Transaction`."""
        for some in in_parts(keys, _AT_ONCE):
            self._connection.execute(
                "update link set awaited = ? where environment_id = ? and connection_id = ?"
                f" and key in ({marks(some)})",
                (False, self._environment_id, connection_id, *some),
            )

    def keep_lost(self, change: LostChange) -> None:
        """See `store.base.Transaction`."""
        row = change._asdict() | {"lost": json.dumps(change.lost, ensure_ascii=False)}
        self._insert("audit", {"audit_id": self._unused("audit", "audit_id"), **row})


def _provider_row(provider: ProviderSettings) -> dict[str, Any]:
    return {
        "name": provider.name,
        "kind": provider.kind.value,
        "url": provider.url,
        "client_id": provider.client_id,
        "sealed_secret": provider.sealed_secret,
        "authorization_url": provider.authorization_url,
        "token_url": provider.token_url,
        "redirect_uris": json.dumps(provider.redirect_uris),
        "created_at": provider.created_at,
    }


def _provider(row: Row) -> ProviderSettings:
    return ProviderSettings(
        name=row[0],
        kind=ProviderKind(row[1]),
        url=row[2],
        client_id=row[3],
        sealed_secret=row[4],
        authorization_url=row[5],
        token_url=row[6],
        redirect_uris=tuple(json.loads(row[7])),
        created_at=row[8],
    )


def _connection_row(connection: Connection) -> dict[str, Any]:
    """Return a connection's columns in the order of `_CONNECTION`."""
    policy = connection.policy
    return {
        "connection_id": connection.id,
        "calendar_id": connection.calendar_id,
        "provider": connection.provider,
        "kind": connection.kind.value,
        "state": connection.state.value,
        "redirect_uri": connection.redirect_uri,
        "sealed_credentials": connection.sealed_credentials,
        "sealed_flow": connection.sealed_flow,
        "remote_calendar": connection.remote_calendar,
        "writable": connection.writable,
        "cursor": connection.cursor,
        "known_until": connection.known_until,
        "last_sync_at": connection.last_sync_at,
        "syncing_since": connection.syncing_since,
        "events_synced": connection.events_synced,
        "trouble": connection.trouble,
        "recheck_seconds": policy.recheck_seconds,
        "max_age_minutes": policy.max_age_minutes,
        "sync_minutes": policy.sync_minutes,
        "when_unknown": policy.when_unknown.value,
        "when_taken": policy.when_taken.value,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
    }


def _connection(row: Row) -> Connection:
    return Connection(
        id=row[0],
        calendar_id=row[1],
        provider=row[2],
        kind=ProviderKind(row[3]),
        state=State(row[4]),
        redirect_uri=row[5],
        sealed_credentials=row[6],
        sealed_flow=row[7],
        remote_calendar=row[8],
        writable=bool(row[9]),
        cursor=row[10],
        known_until=row[11],
        last_sync_at=row[12],
        syncing_since=row[13],
        events_synced=row[14],
        trouble=row[15],
        policy=ConnectionPolicy(
            recheck_seconds=row[16],
            max_age_minutes=row[17],
            sync_minutes=row[18],
            when_unknown=WhenUnknown(row[19]),
            when_taken=WhenTaken(row[20]),
        ),
        created_at=row[21],
        updated_at=row[22],
    )


def _link_row(link: Link) -> dict[str, Any]:
    return {
        "connection_id": link.connection_id,
        "event_id": link.event_id,
        "key": link.key,
        "handle": link.handle,
        "etag": link.etag,
        "seen_here": link.seen_here,
        "seen_there": link.seen_there,
        "start_at": link.start_at,
        "end_at": link.end_at,
        "is_ours": link.is_ours,
        "awaited": link.awaited,
    }


def _link(row: Row) -> Link:
    return Link(
        connection_id=row[0],
        event_id=row[1],
        key=row[2],
        handle=row[3],
        etag=row[4],
        seen_here=row[5],
        seen_there=row[6],
        start_at=row[7],
        end_at=row[8],
        is_ours=bool(row[9]),
        awaited=bool(row[10]),
    )
