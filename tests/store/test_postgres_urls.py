"""How the URL of a PostgreSQL database is read, told and kept to ourselves."""

import pytest

from sched_agent.bootstrap import open_app
from sched_agent.errors import CalendarUnreachable, SettingsError
from sched_agent.settings import Settings
from sched_agent.store.postgres.place import Place
from sched_agent.store.postgres.throw_away import throw_away_database


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:secret@db.example/cal", "postgresql://db.example/cal"),
        ("postgres://u:sec#ret@db.example:5433/cal", "postgresql://db.example:5433/cal"),
        ("postgresql://u:sec?ret@db.example/cal", "postgresql://db.example/cal"),
        ("postgresql:///cal?host=/run/pg&password=secret", "postgresql:///run/pg/cal"),
        ("postgresql://db.example/cal?dbname=other&user=u", "postgresql://db.example/other"),
    ],
)
def test_people_are_told_host_and_database_and_no_more(url, shown):
    assert Place(url).shown == shown


@pytest.mark.parametrize(
    "url", ["postgresql://u:se%ZZcret@db.example/cal", "postgresql://db.example/cal?secret=1"]
)
def test_a_url_that_cannot_be_read_is_refused_without_its_text(url):
    with pytest.raises(SettingsError) as told:
        open_app(Settings(database=url))

    assert "secret" not in str(told.value).replace("se%ZZcret", "secret")
    assert "postgresql://USER:PASSWORD@HOST/DATABASE" in str(told.value)


def test_a_database_beside_another_one_is_another_one(postgres_database):
    named_twice = f"{postgres_database}?dbname=postgres"

    with throw_away_database(named_twice) as url:
        assert Place(url).shown.rpartition("/")[2].startswith("sched_agent_")
        store = open_app(Settings(database=url)).store
        assert "001_foundation" in store.migrate()
        store.close()
    with pytest.raises(CalendarUnreachable):
        open_app(Settings(database=url)).store.probe()


def test_a_server_that_refuses_for_good_is_asked_once(postgres_database, caplog):
    nobody = Place(postgres_database).beside("no_such_database").url

    with pytest.raises(CalendarUnreachable):
        open_app(Settings(database=nobody)).store.probe()

    assert len([r for r in caplog.records if "no connection" in r.message]) == 1
