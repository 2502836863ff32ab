"""Where ids were first met."""

from sources.first_places import FirstPlaces


def test_an_id_keeps_the_place_where_it_was_first_met() -> None:
    places = FirstPlaces()
    assert [places.first(name, at) for at, name in enumerate("abacba")] == [0, 1, 0, 3, 1, 0]
    assert len(places) == 3


def test_as_many_ids_as_come_are_told_apart() -> None:
    places, known = FirstPlaces(), dict[str, int]()
    for at in range(30_000):
        name = f"gsm8k-{at % 20_000:x}"
        assert places.first(name, at) == known.setdefault(name, at)
    assert len(places) == 20_000
