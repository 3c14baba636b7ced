"""The few pages that people see who connect a calendar: no scripts, nothing from elsewhere."""

import base64
import hashlib
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from sched_agent.model.connection import ProviderKind
from sched_agent.services.connecting import FORM
from sched_agent.services.finishing import Form

_ITSELF = FORM.rpartition("/")[2]
"""Where the form is sent: to where it came from, whatever path a proxy puts before it."""

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;margin:3rem auto;max-width:30rem;padding:0 1rem}"
    "label{display:block;margin:1rem 0}input{display:block;width:100%;font:inherit;padding:.4rem;"
    "box-sizing:border-box}button{font:inherit;padding:.4rem 1rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def told(title: str, text: str, *, status: int = 200) -> Response:
    """Return a page that says something."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", status)


def form(asked: Form, state: str, problem: str | None = None) -> Response:
    """Return the page on which a person types in what opens a provider without OAuth.

    Args:
        asked: What is asked.
        state: What the form stands for.
        problem: Why it comes again.
    """
    fields = []
    if asked.asks_url:
        what = "Address of the feed" if asked.kind is ProviderKind.ICS else "Address of the server"
        fields.append(_field("url", what, "url"))
    if asked.kind is not ProviderKind.ICS:
        fields.append(_field("username", "User name", "text"))
        fields.append(_field("password", "App password", "password"))
    again = f'<p role="alert"><strong>{escape(problem)}</strong></p>' if problem else ""
    body = (
        f"<h1>Connect {escape(asked.calendar)}</h1>"
        f"<p>This lets the calendar {escape(asked.calendar)} see and change yours at "
        f"{escape(asked.provider)}. What you type in is kept encrypted, and shown to nobody.</p>"
        f'{again}<form method="post" action="{_ITSELF}">'
        f'<input type="hidden" name="state" value="{escape(state)}">'
        f'{"".join(fields)}<button type="submit">Connect</button></form>'
    )
    return _page("Connect a calendar", body, 422 if problem else 200, asked.redirect_uri)


def sent_on(uri: str) -> Response:
    """Send the browser on, and tell nobody where it came from."""
    response = RedirectResponse(uri, status_code=303)
    response.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    return response


def _field(name: str, label: str, kind: str) -> str:
    return (
        f'<label>{label}<input name="{name}" type="{kind}" required maxlength="2000" '
        'autocomplete="off" autocapitalize="none" spellcheck="false"></label>'
    )


def _page(title: str, body: str, status: int, leads_to: str | None = None) -> Response:
    # browsers hold a form to this list in its redirects, too
    targets = ["'self'", *([_origin(leads_to)] if leads_to else [])]
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {' '.join(targets)}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>",
        status,
        {
            "Content-Security-Policy": policy,
            # with no-referrer, browsers send a form from nowhere, and the gate does not let it in
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cache-Control": "no-store",
        },
    )


def _origin(uri: str) -> str:
    where = urlsplit(uri)
    return f"{where.scheme}://{where.netloc}"
