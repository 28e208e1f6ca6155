import gzip

import pytest

from inputs.sources.raw import Raw, Unreadable
from inputs.sources.text_file import read_text, tell_decimal, tell_encoding, tell_separator
from scenarios.schema import Source

SOURCE = Source.model_validate({"path": "x.csv"})


def read(text: str, written: str = "utf-8", **options: str) -> Raw:
    return read_text(text.encode(written), Source.model_validate({"path": "x.csv", **options}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_told(encoding: str) -> None:
    """A name with an umlaut comes out the same from each encoding."""
    raw = read("customer_id,name\nC1,Müller & Söhne €\n", encoding)
    assert list(raw.frame.columns) == ["customer_id", "name"]
    assert raw.frame["name"].tolist() == ["Müller & Söhne €"]


def test_bytes_that_cp1252_does_not_have_mean_latin_1() -> None:
    """0x81 is no character of cp1252; all 256 bytes are characters of latin-1."""
    assert tell_encoding(b"a,b\n\xfc,\x81\n") == "latin-1"
    assert tell_encoding(b"a,b\n\xfc,\x80\n") == "cp1252"


def test_semicolon_and_decimal_comma_are_told_and_said() -> None:
    """A German export: semicolons, decimal commas, cp1252; the notes say what was told."""
    raw = read("customer_id;latitude;name\nC1;41,38;José\nC2;41,4;Ana, María\n", "cp1252")
    assert raw.decimal == ","
    assert raw.frame["latitude"].tolist() == ["41,38", "41,4"]
    assert raw.notes == ("read as cp1252", "read with a decimal comma")


def test_separator_that_splits_all_rows_alike_wins() -> None:
    """Commas inside quoted cells do not count; one column has no separator to tell."""
    assert tell_separator('a;b\n"1,2";"3,4"\n5;6\n') == ";"
    assert tell_separator("a\tb\n1\t2\n") == "\t"
    assert tell_separator("a\n1\n") == ","
    assert tell_decimal('a,b\n"1,5",2.25\n"2,5",x\n', ",") == ","
    assert tell_decimal("a;b\n1.5;17.12.1999\n", ";") == "."


def test_what_the_scenario_says_wins_over_what_is_told() -> None:
    """`separator`, `decimal` and `encoding` are taken as given."""
    raw = read("a|b\nü|1.5\n", "latin-1", separator="|", decimal=",", encoding="latin-1")
    assert raw.frame["a"].tolist() == ["ü"]
    assert raw.decimal == ","


def test_rows_of_another_length_are_set_aside_with_their_number() -> None:
    """Row 2 has three cells, row 4 one; the others keep their numbers; quoted line breaks belong to their cell."""
    raw = read('a,b\n1,2\n3,4,5\n"x\ny",6\n7\n8,\n')
    assert raw.ragged == ((2, "3,4,5"), (4, "7"))
    assert raw.row_numbers.tolist() == [1, 3, 5]
    assert raw.frame["a"].tolist() == ["1", "x\ny", "8"]
    assert raw.frame["b"].isna().tolist() == [False, False, True]


def test_gzip_is_told_from_the_bytes() -> None:
    """A packed file reads the same; a broken one says so."""
    packed = gzip.compress(b"a,b\n1,2\n")
    assert read_text(packed, SOURCE).frame["b"].tolist() == ["2"]
    with pytest.raises(Unreadable, match="gzip file is broken"):
        read_text(packed[:15], SOURCE)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (b"", {}, "empty: not even a line"),
        (b"\n\n", {}, "empty: not even a line"),
        (b"a,a\n1,2\n", {}, "'a' stands more than once"),
        (b"a,b\n\xff,2\n", {"encoding": "utf-8"}, "not written in utf-8"),
        (b"a,b\n1,2\n", {"encoding": "klingon"}, "encoding 'klingon' is not known"),
        (b"a,b\n1,2\n", {"separator": "||"}, "not one character"),
        (b"\x00\x01\x02" * 50, {}, "no text file"),
        (b"PK\x03\x04,\x00\n1,2\n" + b"x" * 100, {}, "no text file"),
    ],
)
def test_files_that_cannot_be_read(data: bytes, options: dict[str, str], message: str) -> None:
    """Each is refused with a sentence."""
    with pytest.raises(Unreadable, match=message):
        read_text(data, Source.model_validate({"path": "x.csv", **options}))


def test_a_file_with_only_a_header_has_no_rows() -> None:
    """An empty table is no broken file."""
    raw = read("a,b\n")
    assert raw.frame.shape == (0, 2)


def test_a_cell_longer_than_a_megabyte() -> None:
    """Long polygons as text do not break the reader."""
    long = "x" * 1_200_000
    assert read(f'a,b\n1,"{long}"\n2,y\n').frame["b"].str.len().tolist() == [1_200_000, 1]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(line_end: str) -> None:
    """Unix, Windows and old Macintosh files read alike."""
    assert read(line_end.join(["a;b", "1,5;x", ""])).frame.to_numpy().tolist() == [["1,5", "x"]]
