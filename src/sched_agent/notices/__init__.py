"""Telling others what has happened: event rules, webhooks, mail."""
