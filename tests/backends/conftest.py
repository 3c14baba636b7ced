"""A hosted backend that reaches its vendor through a proxy, which a test may let misbehave."""

from contextlib import ExitStack

import pytest

from tests.contracts.backends.place import Place
from tests.misbehaving import Misbehaving
from tests.vendor import HOSTED, a_program, a_vendor


@pytest.fixture
def vendor(tmp_path):
    with a_vendor(tmp_path) as vendor:
        yield vendor


@pytest.fixture
def proxy(vendor):
    with Misbehaving(vendor.port, plain=True) as proxy:
        yield proxy


@pytest.fixture(params=HOSTED)
def family(request):
    """By which of the vendors' families it talks."""
    return request.param


@pytest.fixture
def environ(family, tmp_path, vendor, proxy):
    own = f"sqlite:///{tmp_path}/own.db"
    vendor.wake(family, own)
    return vendor.environ(family, own, proxy.url, SCHED_AGENT_CALL_SECONDS="1.5")


@pytest.fixture
def open_one(environ):
    """Opens programs with these settings, each of which has seen nothing yet."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(a_program(environ))


@pytest.fixture
def place(open_one, vendor):
    return Place.furnished(open_one(), vendor.truth)
