"""What was perhaps meant: names, units, blocks, numbers."""

import pytest

from scenarios.suggestions import closest, other_key, plain_number, stem


def test_the_nearest_name_wins_whatever_its_case() -> None:
    assert closest("capcity_minutes", ["contact_minutes", "capacity_minutes"]) == "capacity_minutes"
    assert closest("r07", ["R70", "R07"]) == "R07"
    assert closest("turbo", ["quick", "normal", "thorough"]) == ""
    assert closest("x", []) == ""


@pytest.mark.parametrize(
    ("name", "without"),
    [("within_seconds", "within"), ("travel_eur_per_km", "travel"), ("minutes", ""), ("seed", "seed")],
)
def test_the_stem_of_a_name_has_no_unit(name: str, without: str) -> None:
    assert stem(name) == without


def test_another_unit_is_nearer_than_another_name() -> None:
    key, why = other_key("within_minutes", ("staffing", "service_level"))
    assert (key, why) == ("within_seconds", "`within_seconds` is in seconds")


def test_a_key_of_another_block_is_named_with_its_block() -> None:
    assert other_key("speed_kmh", ("reps",))[0] == "reps.travel.speed_kmh"
    assert other_key("currency", ("solve",))[0] == "money.currency"
    assert other_key("contact_minutes", ("solve",)) == ("", "")  # it stands in blocks of the planner's own names
    assert other_key("zzz", ("solve",)) == ("", "")


@pytest.mark.parametrize(
    ("text", "key", "number"),
    [
        ("2 min", "staffing.patience_seconds", "120"),
        ("90 minutes", "staffing.rules.min_rest_hours", "1.5"),
        ("20s", "staffing.service_level.within_seconds", "20"),
        ("15 %", "staffing.shrinkage_pct", "15"),
        ("0,35", "money.travel_eur_per_km", "0.35"),
        ("0.35 €", "money.travel_eur_per_km", "0.35"),
        ("3 km", "staffing.patience_seconds", ""),
        ("3 parsecs", "staffing.patience_seconds", ""),
        ("twenty", "staffing.patience_seconds", ""),
        ("7", "solve.seed", "7"),
    ],
)
def test_a_number_with_its_unit_becomes_the_number_of_the_key(text: str, key: str, number: str) -> None:
    assert plain_number(text, tuple(key.split("."))) == number
