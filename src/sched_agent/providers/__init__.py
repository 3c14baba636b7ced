"""Calendars that are kept elsewhere: Google, CalDAV servers, ICS feeds."""
