"""Whatever the services promise, they promise on every store."""

import pytest

from tests.stores import MAKE


@pytest.fixture(params=MAKE)
def database(request, tmp_path) -> str:
    return MAKE[request.param](request, tmp_path)
