"""Gets the programs, and opens the doors that they come in by."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.running import PEERS, PROGRAMS, Door, run, serving, settings

SERVE = (PROGRAMS / "sched-agent", "serve")


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Return the folder with the npm packages of the lock file."""
    folder = PEERS / "node_modules"
    lock, installed = PEERS / "package-lock.json", folder / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
        done = run([PROGRAMS / "npm", "ci", "--prefix", PEERS, *quiet])
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(params=["stdio", "http"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    """Open each door in turn, to a database of its own."""
    env = settings(tmp_path)
    if request.param == "stdio":
        yield Door(url=None, env=env)
        return
    with serving(SERVE, env, tmp_path / "serve.log") as url:
        yield Door(url=url, env=env)
