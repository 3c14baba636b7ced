"""What is collected: everything but the peers' programs, which `make peers` asks for."""

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave tests/peers out unless it is named: it needs npm and takes minutes."""
    peers = config.rootpath / "tests" / "peers"
    named = any("peers" in argument for argument in config.args)
    return True if collection_path == peers and not named else None
