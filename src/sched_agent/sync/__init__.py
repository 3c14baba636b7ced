"""Keeping our calendars and those of providers the same."""
