import base64

import pytest

from sched_agent.errors import CalendarUnreachable, Unsupported
from sched_agent.providers.credentials import Feed, Lease, Password, Tokens, sealed, unsealed
from sched_agent.providers.vault import Vault, new_key

OLD, NEW = new_key(), new_key()


def test_what_is_sealed_can_be_unsealed_and_does_not_show():
    vault = Vault([OLD])

    kept = vault.seal("açúcar")

    assert "açúcar" not in kept
    assert "açúcar".encode() not in base64.urlsafe_b64decode(kept)
    assert vault.unseal(kept) == "açúcar"


def test_a_new_key_in_front_seals_and_the_old_one_still_unseals():
    before = Vault([OLD]).seal("a")

    both = Vault([NEW, OLD])

    assert both.unseal(before) == "a"
    assert Vault([NEW]).unseal(both.seal("b")) == "b"
    assert Vault([NEW]).unseal(both.reseal(before)) == "a"


@pytest.mark.parametrize("keys", [(NEW,), ()], ids=["another key", "no key"])
def test_what_no_key_fits_is_unreachable_and_says_what_to_do(keys):
    kept = Vault([OLD]).seal("secret")

    with pytest.raises(CalendarUnreachable) as refusal:
        Vault(keys).unseal(kept)

    assert "SCHED_AGENT_CREDENTIAL_KEYS" in refusal.value.hint
    assert "secret" not in str(refusal.value) + refusal.value.hint


@pytest.mark.parametrize("act", ["seal", "sign"])
def test_without_a_key_nothing_is_sealed_or_signed_and_the_error_says_how_to_make_one(act):
    with pytest.raises(Unsupported) as refusal:
        getattr(Vault(), act)("x")

    assert "sched-agent provider key" in refusal.value.hint


def test_what_is_signed_is_known_by_every_key_that_is_left():
    signed = Vault([OLD]).sign("1:2:ä")

    assert Vault([OLD]).verified(signed) == "1:2:ä"
    assert Vault([NEW, OLD]).verified(signed) == "1:2:ä"
    assert Vault([NEW]).verified(signed) is None
    assert Vault().verified(signed) is None


def test_nothing_of_a_signed_text_can_be_changed():
    vault = Vault([OLD])
    signed = vault.sign("1:2:abc")
    letters = "ABCabc012-_=. ö"

    altered = [
        signed[:at] + letter + signed[at + 1 :]
        for at in range(len(signed))
        for letter in letters
        if letter != signed[at]
    ]

    shortened = [signed[:at] for at in range(len(signed))]
    for text in [*altered, *shortened, signed + "=", signed + "A", " " + signed, f"{signed}.x", ""]:
        assert vault.verified(text) is None, text


def test_what_is_sealed_is_not_taken_for_signed_nor_the_other_way_round():
    vault = Vault([OLD])

    assert vault.verified(vault.seal("1:2:abc")) is None
    with pytest.raises(CalendarUnreachable):
        vault.unseal(vault.sign("1:2:abc"))


@pytest.mark.parametrize(
    "credentials",
    [
        Tokens(access="a-secret"),
        Tokens(
            access="a-secret",
            refresh="r-secret",
            expires_at=5,
            account="x-secret",
            lease=Lease(holder="h", until=7),
        ),
        Password(url="https://u-secret.example", username="n-secret", password="p-secret"),
        Feed(url="https://f-secret.example"),
    ],
    ids=["tokens", "tokens with everything", "password", "feed"],
)
def test_credentials_come_back_as_they_were_and_never_print_themselves(credentials):
    vault = Vault([OLD])

    kept = sealed(vault, credentials)

    assert unsealed(vault, kept) == credentials
    assert "secret" not in repr(credentials) + kept


def test_a_refresh_without_a_new_refresh_token_leaves_the_old_one():
    before = Tokens(access="a", refresh="r", account="x", lease=Lease(holder="h", until=7))

    assert before.renewed(Tokens(access="b")) == Tokens(access="b", refresh="r", account="x")
    assert before.renewed(Tokens(access="b", refresh="s")).refresh == "s"
