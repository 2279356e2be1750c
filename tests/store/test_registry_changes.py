"""A hospital's registry: filled, replaced and removed, by one and by several at once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from admin_cli.database import registry_changes
from admin_cli.database.registry_changes import (
    Filling,
    abandon_filling,
    add_patients,
    begin_filling,
    end_filling,
    registry_states,
    remove_patients,
    remove_registry,
)
from admin_cli.registry_errors import NoRegistry, NoSuchHospital, OtherKey, RegistryChanged
from common.domain.partial_dates import PartialDate
from common.registry_key import KeptPatient, RegistryKey
from common.storage.engine import snapshot
from common.storage.registries import RegistryAnswers, RegistryEntry, RegistryFault, find_registered
from common.storage.tables import registered_patients, registries
from tests.builders import hospital_table
from tests.store.workers import workers_of

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
KEY, OTHER = RegistryKey("k" * 32), RegistryKey("o" * 32)


def entry(number: int) -> RegistryEntry:
    return ("RSHS", f"{number:08d}", PartialDate(1990, 1, 31))


def kept(*numbers: int, key: RegistryKey = KEY) -> list[KeptPatient]:
    return [key.kept(*entry(number)) for number in numbers]


def numbers_of(*numbers: int, key: RegistryKey = KEY) -> list[bytes]:
    return [key.number_digest(*entry(number)[:2]) for number in numbers]


def begun(engine: Engine, *, replace: bool = False, key: RegistryKey = KEY) -> Filling:
    return begin_filling(engine, "RSHS", key, NOW, replace=replace)


def imports(engine: Engine, *numbers: int, replace: bool = False, key: RegistryKey = KEY) -> int:
    """Imports these patients; how many were new."""
    filling = begun(engine, replace=replace, key=key)
    added = add_patients(engine, filling, kept(*numbers, key=key))
    end_filling(engine, filling, NOW)
    return added.new


def asked(engine: Engine, *numbers: int, key: RegistryKey | None = KEY) -> RegistryAnswers:
    with snapshot(engine) as connection:
        return find_registered(connection, key, [entry(number) for number in numbers])()


def known(engine: Engine, key: RegistryKey = KEY) -> list[int]:
    answers = asked(engine, *range(1, 10), key=key)
    return [number for number in range(1, 10) if answers.knows(entry(number))]


def rows(engine: Engine) -> int:
    with snapshot(engine) as connection:
        return connection.scalar(select(func.count()).select_from(registered_patients)) or 0


@pytest.fixture(autouse=True)
def _hospitals(engine: Engine) -> None:
    workers_of(engine, hospital_table("RSHS"), hospital_table("RSUD"))


def test_patients_are_added_once(engine: Engine) -> None:
    assert imports(engine, 1, 2, 2, 1) == 2
    assert imports(engine, 2, 3) == 1
    assert known(engine) == [1, 2, 3]
    [state] = registry_states(engine)
    assert (state.hospital, state.patients, state.changed_at) == ("RSHS", 3, NOW)


def test_a_replacement_comes_into_force_at_once_and_leaves_nothing_behind(engine: Engine) -> None:
    imports(engine, 1, 2)
    filling = begun(engine, replace=True)
    add_patients(engine, filling, kept(2, 3))
    assert known(engine) == [1, 2]
    end_filling(engine, filling, NOW + timedelta(days=1))
    assert known(engine) == [2, 3]
    assert rows(engine) == 2
    [state] = registry_states(engine, ["RSHS"])
    assert state.changed_at == NOW + timedelta(days=1)


def test_an_interrupted_replacement_changes_nothing_and_is_cleared_by_the_next(engine: Engine) -> None:
    imports(engine, 1)
    add_patients(engine, begun(engine, replace=True), kept(7, 8))
    assert known(engine) == [1]
    assert imports(engine, 2) == 1
    assert known(engine) == [1, 2]
    imports(engine, 3, replace=True)
    assert known(engine) == [3]
    assert rows(engine) == 1


def test_an_interrupted_first_import_is_gone_on_with(engine: Engine) -> None:
    add_patients(engine, begun(engine), kept(1, 2))
    assert asked(engine, 1).faults == {"RSHS": RegistryFault.NOT_IMPORTED}
    assert imports(engine, 1, 2, 3) == 1
    assert known(engine) == [1, 2, 3]


def test_a_first_import_that_is_abandoned_leaves_nothing(engine: Engine) -> None:
    filling = begun(engine)
    add_patients(engine, filling, kept(1, 2))
    abandon_filling(engine, filling)
    assert rows(engine) == 0
    [state] = registry_states(engine)
    assert (state.is_begun, state.changed_at) == (True, None)
    with pytest.raises(RegistryChanged):
        end_filling(engine, filling, NOW)
    assert imports(engine, 3) == 1
    assert known(engine) == [3]


def test_a_replacement_that_is_abandoned_leaves_what_is_in_force(engine: Engine) -> None:
    imports(engine, 1)
    filling = begun(engine, replace=True)
    add_patients(engine, filling, kept(2, 3))
    abandon_filling(engine, filling)
    abandon_filling(engine, begun(engine))
    assert known(engine) == [1]
    assert rows(engine) == 1


def test_one_number_has_one_date_of_birth(engine: Engine) -> None:
    def born(day: int) -> KeptPatient:
        return KEY.kept("RSHS", "00500001", PartialDate(1980, 1, day))

    filling = begun(engine)
    assert add_patients(engine, filling, [born(1), born(2)]) == (1, 0)
    assert add_patients(engine, filling, [born(3)]) == (0, 1)
    end_filling(engine, filling, NOW)
    assert add_patients(engine, begun(engine), [born(3), *kept(1)]) == (1, 0)
    with snapshot(engine) as connection:
        entries = [("RSHS", "00500001", PartialDate(1980, 1, day)) for day in (1, 2, 3)]
        answers = find_registered(connection, KEY, entries)()
    assert [answers.knows(each) for each in entries] == [False, False, True]
    assert registry_states(engine)[0].patients == 2
    assert remove_patients(engine, "RSHS", KEY, [KEY.number_digest("RSHS", "00500001")]) == 1
    assert known(engine) == [1]


def test_a_first_import_that_was_begun_with_another_key_begins_anew(engine: Engine) -> None:
    add_patients(engine, begun(engine, key=OTHER), kept(1, 2, key=OTHER))
    assert imports(engine, 2) == 1
    assert known(engine) == [2]
    assert rows(engine) == 1


def test_another_key_adds_nobody_and_replaces_all(engine: Engine) -> None:
    imports(engine, 1)
    with pytest.raises(OtherKey):
        imports(engine, 2, key=OTHER)
    with pytest.raises(OtherKey):
        remove_patients(engine, "RSHS", OTHER, numbers_of(1, key=OTHER))
    assert known(engine) == [1]
    imports(engine, 2, key=OTHER, replace=True)
    assert known(engine, OTHER) == [2]
    assert asked(engine, 2).faults == {"RSHS": RegistryFault.OTHER_KEY}


def test_of_two_replacements_at_once_the_later_one_is_whole(engine: Engine) -> None:
    first, second = begun(engine, replace=True), begun(engine, replace=True)
    with pytest.raises(RegistryChanged):
        add_patients(engine, first, kept(1))
    add_patients(engine, second, kept(2))
    end_filling(engine, second, NOW)
    with pytest.raises(RegistryChanged):
        end_filling(engine, first, NOW)
    assert known(engine) == [2]


def test_nobody_is_added_to_what_was_replaced_meanwhile(engine: Engine) -> None:
    imports(engine, 1)
    adding = begun(engine)
    imports(engine, 2, replace=True)
    with pytest.raises(RegistryChanged):
        add_patients(engine, adding, kept(3))
    assert known(engine) == [2]


def test_patients_are_taken_out(engine: Engine) -> None:
    imports(engine, 1, 2, 3)
    assert remove_patients(engine, "RSHS", KEY, numbers_of(1, 3, 9)) == 2
    assert known(engine) == [2]
    assert remove_patients(engine, "RSHS", KEY, numbers_of(2)) == 1
    # A registry that knows nobody is one nevertheless.
    assert asked(engine, 2).knows(entry(2)) is False


def test_a_registry_is_removed_as_a_whole(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_changes, "ROWS_AT_ONCE", 2)
    imports(engine, 1, 2)
    imports(engine, 3, 4)
    filling = begun(engine)
    remove_registry(engine, "RSHS")
    assert asked(engine, 1).faults == {"RSHS": RegistryFault.NOT_IMPORTED}
    assert rows(engine) == 0
    with snapshot(engine) as connection:
        assert connection.execute(select(registries)).all() == []
    with pytest.raises(RegistryChanged):
        add_patients(engine, filling, kept(5))
    remove_registry(engine, "RSHS")
    assert registry_states(engine) == []
    with pytest.raises(NoRegistry):
        remove_patients(engine, "RSHS", KEY, numbers_of(1))


def test_a_hospital_that_the_catalog_does_not_know_has_no_registry(engine: Engine) -> None:
    for attempt in (
        lambda: begin_filling(engine, "RSXX", KEY, NOW, replace=False),
        lambda: remove_registry(engine, "RSXX"),
        lambda: registry_states(engine, ["RSXX"]),
    ):
        with pytest.raises(NoSuchHospital):
            attempt()
    assert [state.changed_at for state in registry_states(engine, ["RSUD"])] == [None]


def test_a_registry_is_that_of_one_hospital(engine: Engine) -> None:
    imports(engine, 1)
    filling = begin_filling(engine, "RSUD", KEY, NOW, replace=False)
    add_patients(engine, filling, [KEY.kept("RSUD", "00000002", PartialDate(1990, 1, 31))])
    end_filling(engine, filling, NOW)
    assert known(engine) == [1]
    remove_registry(engine, "RSHS")
    assert [state.hospital for state in registry_states(engine)] == ["RSUD"]


def test_nobody_can_be_asked_for_without_the_key(engine: Engine) -> None:
    imports(engine, 1)
    answers = asked(engine, 1, key=None)
    assert answers.faults == {"RSHS": RegistryFault.NO_KEY}
    assert answers.knows(entry(1)) is None


def test_what_is_kept_of_a_patient_is_a_hash(engine: Engine) -> None:
    imports(engine, 1)
    with snapshot(engine) as connection:
        [row] = connection.execute(select(registered_patients)).all()
    assert tuple(row) == ("RSHS", 1, kept(1)[0].digest, kept(1)[0].number_digest)
