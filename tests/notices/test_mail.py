"""Mail, to a real mail server."""

import ssl
from email.utils import parsedate_to_datetime

import pytest

from sched_agent.errors import InvalidArgument, ProviderRejected, Unavailable, Unsupported
from sched_agent.notices import mail
from sched_agent.notices.mail import Mail
from tests.builders import at
from tests.certificates import certified
from tests.post_office import post_office

FROM = "calendar@example.org"


@pytest.fixture
def office():
    with post_office() as one:
        yield one


def a_mail(**more):
    fields = {"mail_id": "msg_1", "to": "ada@example.com", "subject": "Hello", "text": "Hi.\n"}
    return Mail(**{"at": at("2026-11-20T10:00")} | fields | more)


def send(office, letter):
    mail.send(letter, server=f"smtp://127.0.0.1:{office.port}", sender=FROM)


def test_a_mail_arrives_as_it_was_written(office):
    send(office, a_mail(subject="Olá {x}", text="Até já.\n— T\n"))

    [letter] = office.letters
    assert office.to == [["ada@example.com"]]
    assert letter["From"] == FROM
    assert letter["To"] == "ada@example.com"
    assert letter["Subject"] == "Olá {x}"
    assert letter.get_content().splitlines() == ["Até já.", "— T"]
    assert letter["Message-ID"] == "<msg_1@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(letter["Date"]).isoformat() == "2026-11-20T15:00:00+00:00"


def test_no_title_of_an_event_makes_another_header_or_recipient(office):
    send(office, a_mail(subject="Hi\r\nBcc: eve@example.com\r\n\r\nBuy!", text=".\r\nRCPT TO:x\n"))

    [letter] = office.letters
    assert office.to == [["ada@example.com"]]
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Hi Bcc: eve@example.com Buy!"
    assert letter.get_content().splitlines() == [".", "RCPT TO:x"]


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com, eve@example.com",
        "Ada <ada@example.com>",
        "ada",
        "@example.com",
        "ada@",
        "ada @example.com",
        "ada@exa mple.com",
        "",
        "ada@example.com\x00",
        "ção@example.com",
        "a" * 250 + "@example.com",
        "(",
        "a..b@example.com",
    ],
)
def test_what_is_no_single_address_gets_no_mail(office, address):
    with pytest.raises(InvalidArgument):
        mail.check_address(address)
    with pytest.raises(ProviderRejected):
        send(office, a_mail(to=address))

    assert not office.letters


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("451 Try again", Unavailable),
        ("452 Full", Unavailable),
        ("550 No such mailbox", ProviderRejected),
        ("554 Looks like spam", ProviderRejected),
    ],
)
def test_a_refusal_for_now_is_told_from_one_for_good(office, answer, error):
    office.answers = [answer]

    with pytest.raises(error) as refusal:
        send(office, a_mail())

    assert answer[:3] in refusal.value.message
    assert answer[4:] not in refusal.value.message


def test_a_server_that_is_not_there_may_be_there_later(office):
    with post_office() as gone:
        pass

    with pytest.raises(Unavailable):
        send(gone, a_mail())


def test_without_a_server_no_mail_is_sent():
    with pytest.raises(Unsupported):
        mail.send(a_mail(), server=None, sender=FROM)


@pytest.mark.parametrize(("password", "arrives"), [("right", True), ("wrong%21", False)])
def test_a_password_goes_by_tls_alone(tmp_path, monkeypatch, password, arrives):
    serving, trusting = certified("localhost", tmp_path)
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    with post_office(serving) as office:
        server = f"smtp://ada%40x:{password}@localhost:{office.port}?starttls"
        if arrives:
            mail.send(a_mail(), server=server, sender=FROM)
        else:
            with pytest.raises(Unavailable, match="password"):
                mail.send(a_mail(), server=server, sender=FROM)

    assert office.by_tls == ([True] if arrives else [])
    assert office.logins[0][0] == "ada@x"


def test_a_server_by_another_name_does_not_get_the_password(tmp_path, monkeypatch):
    serving, trusting = certified("mail.example", tmp_path)
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    with post_office(serving) as office:
        server = f"smtp://ada:right@localhost:{office.port}?starttls"
        with pytest.raises(Unavailable):
            mail.send(a_mail(), server=server, sender=FROM)

    assert not office.logins
