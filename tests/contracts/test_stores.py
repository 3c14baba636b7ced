import pytest

from tests.contracts.connection_store import ConnectionStoreContract
from tests.contracts.event_rule_store import EventRuleStoreContract
from tests.contracts.outbox_store import OutboxStoreContract
from tests.contracts.store_contract import StoreContract
from tests.stores import MAKE


class TestStores(StoreContract):
    @pytest.fixture(params=MAKE)
    def database(self, request, tmp_path):
        return MAKE[request.param](request, tmp_path)


class TestEventRules(EventRuleStoreContract):
    @pytest.fixture(params=MAKE)
    def database(self, request, tmp_path):
        return MAKE[request.param](request, tmp_path)


class TestConnections(ConnectionStoreContract):
    @pytest.fixture(params=MAKE)
    def database(self, request, tmp_path):
        return MAKE[request.param](request, tmp_path)


class TestOutbox(OutboxStoreContract):
    @pytest.fixture(params=MAKE)
    def database(self, request, tmp_path):
        return MAKE[request.param](request, tmp_path)
