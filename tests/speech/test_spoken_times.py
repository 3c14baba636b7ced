"""What callers say is read as it is meant, in each language: see `make score`."""

import pytest

from tests.speech.score import FILES, verdicts


@pytest.mark.parametrize("name", FILES)
def test_every_phrase_is_read_as_it_is_meant(name):
    missed = [str(verdict) for verdict in verdicts(name) if not verdict.right]

    assert not missed, "\n".join(missed)
