import pytest

from sched_agent.store.postgres import PostgresStore
from tests.contracts.store_contract import StoreContract


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, postgres):
        store = PostgresStore(postgres.new_database(), connections=10)
        store.migrate()
        yield store
        store.close()


class TestPartitionedPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, postgres):
        store = PostgresStore(postgres.new_database(), connections=10)
        store.migrate(partitions=16)
        yield store
        store.close()
