import pandas as pd
import pytest

from inputs.contracts.contract import contracts
from inputs.gates.mapping import map_columns, similar_column, translate

CUSTOMERS = contracts()["customers"]


def frame(*names: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(["1"], dtype="str") for name in names})


@pytest.mark.parametrize(
    ("wanted", "present", "found"),
    [
        ("customer_id", ["Name", "Account No"], "Account No"),
        ("customer_id", ["Customer-ID"], "Customer-ID"),
        ("latitude", ["Lat", "Lon"], "Lat"),
        ("longitude", ["longitud_", "x"], "longitud_"),
        ("latitude", ["lattitude"], "lattitude"),
        ("calls_offered", ["colour"], None),
    ],
)
def test_a_similar_column_is_found(wanted: str, present: list[str], found: str | None) -> None:
    """Case and punctuation, known synonyms, spelling; nothing rather than nonsense."""
    assert similar_column(wanted, present) == found


def test_the_users_names_are_mapped() -> None:
    """A mapped column takes the contract's name; one that already has that name gives way."""
    mapped, faults = map_columns(
        frame("Account No", "customer_id", "latitude", "longitude"), {"customer_id": "Account No"}, CUSTOMERS
    )
    assert list(mapped.columns) == ["customer_id", "source_customer_id", "latitude", "longitude"]
    assert faults == []


def test_two_names_can_be_exchanged() -> None:
    """`latitude: longitude, longitude: latitude` swaps the columns."""
    source = pd.DataFrame({"customer_id": ["C"], "latitude": ["2"], "longitude": ["41"]})
    mapped, faults = map_columns(source, {"latitude": "longitude", "longitude": "latitude"}, CUSTOMERS)
    assert faults == []
    assert (mapped["latitude"].iloc[0], mapped["longitude"].iloc[0]) == ("41", "2")


def test_a_mapping_is_proposed_where_a_required_column_is_missing() -> None:
    """All missing columns at once, each with the line to write."""
    _, faults = map_columns(frame("Account No", "Lat", "colour"), {}, CUSTOMERS)
    assert [(fault.column, fault.severity) for fault in faults] == [
        ("customer_id", "stop"),
        ("latitude", "stop"),
        ("longitude", "stop"),
    ]
    assert "`columns: {customer_id: 'Account No'}`" in faults[0].advice
    assert "`columns: {latitude: 'Lat'}`" in faults[1].advice
    assert faults[2].advice.endswith("It has Account No, Lat, colour")


def test_a_mapped_column_that_is_not_there() -> None:
    """The name that the user wrote is shown with the closest one; without one, all are."""
    _, faults = map_columns(frame("Acount", "latitude", "longitude"), {"customer_id": "Account"}, CUSTOMERS)
    assert [fault.reason for fault in faults] == ["`columns` takes it from 'Account', which the source does not have"]
    assert faults[0].advice == "did you mean 'Acount'?"
    _, faults = map_columns(frame("zzz", "latitude", "longitude"), {"customer_id": "Account"}, CUSTOMERS)
    assert faults[0].advice == "its columns are zzz, latitude, longitude"


def test_one_of_several_identities_is_needed() -> None:
    """customer_history needs a snapshot_id, or a customer_id and a snapshot_date."""
    history = contracts()["customer_history"]
    assert map_columns(frame("churned", "customer_id", "snapshot_date"), {}, history)[1] == []
    _, faults = map_columns(frame("churned", "customer_id"), {}, history)
    assert [fault.reason for fault in faults] == ["snapshot_id or customer_id and snapshot_date must be there"]


def test_words_are_translated_cell_by_cell_and_item_by_item() -> None:
    """Whole cells, items of lists by any separator, in any capitals; unknown words and empty cells stay."""
    cells = pd.DataFrame(
        {
            "customer_id": pd.Series(["1", "2", "3", "4"], dtype="str"),
            "consent": pd.Series(["Besuch, telefon", "Fax", None, "BESUCH"], dtype="str"),
            "preferred_channel": pd.Series(["Besuch", "Telefon, nachts", " ", "Telefon"], dtype="str"),
        }
    )
    words = {"Besuch": "field", "Telefon": "outbound"}
    got, faults = translate(cells, {"consent": words, "preferred_channel": words}, CUSTOMERS)
    assert faults == []
    assert got["consent"].iloc[[0, 1, 3]].tolist() == ["field,outbound", "Fax", "field"]
    assert got["preferred_channel"].iloc[[0, 1, 3]].tolist() == ["field", "Telefon, nachts", "outbound"]
    assert got[["consent", "preferred_channel"]].isna().sum().tolist() == [1, 1]
    assert got["customer_id"].tolist() == ["1", "2", "3", "4"]


def test_a_word_for_a_column_that_is_not_there_stops() -> None:
    """The similar column is proposed."""
    _, (fault,) = translate(frame("customer_id", "consent"), {"consents": {"a": "b"}}, CUSTOMERS)
    assert (fault.column, fault.severity, fault.advice) == ("consents", "stop", "did you mean 'consent'?")
    _, (fault,) = translate(frame("customer_id"), {"stage": {"a": "b"}}, CUSTOMERS)
    assert fault.advice == "it has customer_id"
