"""Requests to addresses that others have chosen: providers, feeds, webhooks."""

import httpx


def client(
    *, seconds: float, allow_private: bool, auth: httpx.Auth | None = None, redirects: bool = False
) -> httpx.Client:
    """Return a client that goes to public addresses only, by https.

    Args:
        seconds: How long a request may take, all in all.
        allow_private: Whether it may go to this machine and its network, and by plain http.
        auth: How it says who we are.
        redirects: Whether it follows redirects, each of which is looked at like the first address.
    """
    return httpx.Client(timeout=seconds, auth=auth, follow_redirects=redirects)
