from tests.contracts.store_contract import StoreContract


class TestSqliteStore(StoreContract):
    """`store` is the SQLite store of the common fixtures."""
