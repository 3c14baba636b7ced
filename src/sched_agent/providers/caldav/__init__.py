"""Calendars at servers that speak CalDAV (RFC 4791) with synchronisation (RFC 6578)."""

from sched_agent.providers.caldav.provider import Caldav

__all__ = ["Caldav"]
