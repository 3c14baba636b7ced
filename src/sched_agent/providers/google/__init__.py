"""Google Calendar, by version 3 of its API."""
