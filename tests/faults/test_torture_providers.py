"""A short torture with each provider; `make torture PROVIDER=…` does it for longer."""

import pytest

from tests.faults.outsider import Work
from tests.faults.provider_torture import PROVIDERS, Plan, run

SECONDS = 10


@pytest.mark.parametrize("provider", PROVIDERS)
def test_both_sides_converge_after_workers_agents_lines_and_the_provider_died(provider, tmp_path):
    plan = Plan(provider=provider, seconds=SECONDS, seed="short")

    report = run(plan, tmp_path)

    told = "\n".join(map(str, [plan, report, *report.violations[:20], tmp_path]))
    assert not report.violations, told
    assert report.figures.acknowledged > 10, told
    assert {deed.work for deed in report.deeds} == set(Work), told
    assert any(one.is_live for side in report.ending.sides for one in side.here), told
    for what in ("servers killed", "workers paused", "agents killed", "provider slow"):
        assert report.figures.chaos[what] > 0, told
    hurt = {"google": "provider fails"}.get(provider, "provider killed")
    assert report.figures.chaos[hurt] > 0, told
