"""Some of the torture for hosted backends; `make torture-hosted` has more of it."""

import secrets

import pytest

from tests.backends.torture import Plan, run
from tests.vendor import HOSTED

ACTS = 200


@pytest.mark.parametrize("backend", HOSTED)
def test_whatever_the_network_does_what_is_acknowledged_is_there_once(backend, tmp_path):
    plan = Plan(backend=backend, acts=ACTS, seed=secrets.token_hex(4))

    report = run(plan, tmp_path)

    told = f"{plan}\n{report}"
    assert not report.violations, told
    assert report.answers["acknowledged"] > ACTS / 10, told
    assert report.misdeeds.total() > ACTS / 10, told
