"""Whatever one backend promises, all of them promise."""

import pytest

from tests.contracts.backend_contract import BackendContract, HostedContract
from tests.contracts.backends.place import Place
from tests.stores import MAKE
from tests.vendor import HOSTED, Truth, a_program, a_vendor, settings_at


@pytest.fixture
def program(environ):
    with a_program(environ) as program:
        yield program


class TestLocal(BackendContract):
    @pytest.fixture(params=["sqlite", "postgres"])
    def environ(self, request, tmp_path):
        return settings_at(MAKE[request.param](request, tmp_path))

    @pytest.fixture
    def place(self, program):
        return Place.furnished(program, Truth(program))


class TestHosted(HostedContract):
    @pytest.fixture
    def vendor(self, tmp_path):
        with a_vendor(tmp_path) as vendor:
            yield vendor

    @pytest.fixture(params=HOSTED)
    def environ(self, request, tmp_path, vendor):
        return vendor.environ(request.param, f"sqlite:///{tmp_path}/own.db")

    @pytest.fixture
    def place(self, program, vendor):
        return Place.furnished(program, vendor.truth)
