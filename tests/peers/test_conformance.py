"""The official conformance suite, against the whole HTTP stack of `sched-agent serve`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.running import NODE, PEERS, Command, run, serving, settings

SERVE = (sys.executable, "-m", "tests.peers.conformance_server")
SUMMARY = re.compile(r"^[✓✗] ([\w-]+): \d+ passed, \d+ failed$", re.MULTILINE)
SERVER_SCENARIOS = re.compile(r"^Server scenarios.*?:\n((?:  - [\w-]+\n)+)", re.MULTILINE)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("conformance")
    with serving(SERVE, settings(folder), folder / "serve.log") as url:
        yield url


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_the_server_does_what_a_revision_of_the_protocol_requires(
    revision: str, url: str, node_modules: Path, tmp_path: Path
) -> None:
    suite: Command = [NODE, node_modules / ".bin" / "conformance"]
    listing = run([*suite, "list", "--requirements", revision]).stdout
    required = re.findall(r"[\w-]+$", SERVER_SCENARIOS.findall(listing)[0], re.MULTILINE)
    baseline = PEERS / f"conformance-baseline-{revision}.yml"

    options = ["--url", url, "--requirements", revision, "-o", str(tmp_path)]
    done = run([*suite, "server", *options, "--expected-failures", baseline])

    assert done.returncode == 0, done.stdout
    assert required
    assert set(required) <= set(SUMMARY.findall(done.stdout))
