"""Sending mail by SMTP."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from sched_agent.errors import InvalidArgument, ProviderRejected, Unavailable, Unsupported
from sched_agent.model.interval import SECOND
from sched_agent.model.text import one_line

SECONDS = 10.0
"""How long a mail server may take for one step."""

_LONGEST_SUBJECT = 200
_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person.

    Args:
        mail_id: Its name, by which a mailbox knows it again; the same over all tries.
        at: When it was written, in UTC microseconds.
    """

    mail_id: str
    to: str
    subject: str
    text: str
    at: int


def check_address(address: str) -> None:
    """Let an address pass that a mail can be sent to.

    Raises:
        InvalidArgument: It is none.
    """
    if _parsed(address) is None:
        raise InvalidArgument(
            "A mail goes to an address, or to `attendees`.",
            fields={"to": "is no e-mail address"},
        )


def _parsed(address: str) -> Address | None:
    """Return an address of the form name@host, as a browser's form takes it."""
    if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        return None
    try:
        return Address(addr_spec=address)
    except (ValueError, HeaderParseError):
        return None


_LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def written(mail: Mail, sender: str) -> EmailMessage:
    """Return a mail as it is sent. What comes from outside stays in its header, or in the text.

    Raises:
        ProviderRejected: It goes to what is no address.
    """
    to = _parsed(mail.to)
    if to is None:
        raise ProviderRejected("That is no e-mail address.", hint="Correct the attendee's.")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = one_line(mail.subject, _LONGEST_SUBJECT)
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.at / SECOND, UTC))
    message["Message-ID"] = f"<{mail.mail_id}@{Address(addr_spec=sender).domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation note comes back
    message.set_content(mail.text)
    return message


def send(mail: Mail, *, server: str | None, sender: str | None) -> None:
    """Hand a mail over to the server.

    Args:
        mail: The mail.
        server: Where to, as SCHED_AGENT_SMTP_URL has it.
        sender: Whom it is from.

    Raises:
        Unsupported: There is no server, or nobody whom it is from.
        Unavailable: The server does not take it now.
        ProviderRejected: The server will not take it.
    """
    if server is None or sender is None:
        raise sends_none()
    message = written(mail, sender)
    with _translated(), _connected(server) as connection:
        connection.send_message(message)


def sends_none() -> Unsupported:
    """Return the error of a server that sends no mail."""
    return Unsupported(
        "This server sends no mail.",
        hint="Set SCHED_AGENT_SMTP_URL and SCHED_AGENT_MAIL_FROM.",
    )


@contextmanager
def _connected(server: str) -> Iterator[smtplib.SMTP]:
    where = urlsplit(server)
    host, port = where.hostname or "", where.port or _PORTS[where.scheme]
    with (
        smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
        if where.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=SECONDS)
    ) as connection:
        if where.query == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if where.username is not None:
            connection.login(unquote(where.username), unquote(where.password or ""))
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what smtplib raises into our own errors, without the server's words."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        statuses = [status for status, _ in error.recipients.values()]
        raise _refusal(max(statuses, default=500)) from None
    except smtplib.SMTPAuthenticationError:
        raise Unavailable("The mail server does not take our password.") from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code) from None
    except (smtplib.SMTPException, OSError):
        raise Unavailable("The mail server can't be reached, or broke off.") from None


def _refusal(status: int) -> Unavailable | ProviderRejected:
    if status >= 500:
        return ProviderRejected(
            f"The mail server refused it with {status}.", hint="Correct the address."
        )
    return Unavailable(f"The mail server took it not now: {status}.")
