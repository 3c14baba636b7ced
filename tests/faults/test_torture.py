"""Half a minute of torture on each store; `make torture` does it for longer."""

import secrets

import pytest

from tests.conftest import a_cluster
from tests.faults.torture import Plan, run

SECONDS = 30


@pytest.fixture(params=["sqlite", "postgres"])
def store(request) -> str:
    """A store that this machine can run."""
    if request.param == "postgres":
        a_cluster().remove()
    return str(request.param)


def test_no_promise_is_broken_while_servers_agents_and_connections_die(store, tmp_path):
    plan = Plan(seconds=SECONDS, store=store, seed=secrets.token_hex(4), agents=2)

    report = run(plan, tmp_path)

    told = "\n".join(map(str, [plan, report.figures, *report.violations[:20], tmp_path]))
    assert not report.violations, told
    figures = report.figures
    assert figures.acknowledged > 20, told
    assert figures.lost.total() > 0, told
    assert figures.replays > 0, told
    for what in ("servers killed", "stdio servers killed", "agents killed", "connections dropped"):
        assert figures.chaos[what] > 0, told
