import io

import pytest

from indexer.catalog.feeds import csv
from indexer.catalog.feeds.files import MAX_ROW
from indexer.errors import CatalogError


def _read(text: str, delimiter: str = ",") -> dict[int, object]:
    """Return rows by line; a refused one as its reason."""
    rows = csv.rows(io.StringIO(text, newline=""), delimiter)
    return {number: str(row) if isinstance(row, CatalogError) else row for number, row in rows}


def test_an_unclosed_quote_is_named_with_its_line_and_swallows_nothing() -> None:
    text = 'id,title,price\nq1,"17 inch laptop,900\nq2,Second,10\nq3,Third,11\nq4,"Fourth",12\nq5,Fifth,13\n'
    rows = _read(text)
    assert "quote" in str(rows.pop(2))
    assert [row["id"] for row in rows.values()] == ["q2", "q3", "q4", "q5"]  # type: ignore[index]
    assert list(rows) == [3, 4, 5, 6]


def test_two_stray_quotes_do_not_make_one_cell_of_the_rows_between() -> None:
    text = 'id,title,price\nq1,"17 inch laptop,900\nq2,Second,10\nq3,"19" screen",12\nq4,19",13\nq5,Fifth,14\n'
    rows = _read(text)
    assert {line for line, row in rows.items() if isinstance(row, str)} == {2, 4}
    assert [rows[line]["id"] for line in (3, 5, 6)] == ["q2", "q4", "q5"]  # type: ignore[index]


def test_rows_between_quotes_that_happen_to_match_are_found() -> None:
    rows = _read('id,title,price\nq1,"17 inch,900\nq2,Second,10\nq3,Third",11\n')
    assert "quote" in str(rows[2])
    assert rows[3] == {"id": "q2", "title": "Second", "price": "10"}
    assert rows[4] == {"id": "q3", "title": 'Third"', "price": "11"}


def test_a_quoted_text_may_have_lines_delimiters_and_quotes() -> None:
    rows = _read('id,title,text\r\n1,"A ""B"", C","One\r\n\r\ntwo, three"\r\n2,D,\r\n')
    assert rows == {
        2: {"id": "1", "title": 'A "B", C', "text": "One\r\n\r\ntwo, three"},
        5: {"id": "2", "title": "D", "text": ""},
    }


def test_a_long_cell_is_read_and_an_overlong_one_ends_only_its_row() -> None:
    rows = _read(f"id,title\n1,{'a' * 300_000}\n2,{'b' * 2 * MAX_ROW}\n3,short\n")
    assert len(rows[2]["title"]) == 300_000  # type: ignore[index]
    assert "longer than 1,000,000" in str(rows[3])
    assert rows[4] == {"id": "3", "title": "short"}


def test_an_unclosed_quote_at_the_end_of_a_long_file_is_found_without_reading_on() -> None:
    text = 'id,title\n1,"a\n' + "".join(f"{number},b\n" for number in range(2, 5_000))
    rows = _read(text)
    assert len(rows) == 4_999
    assert "quote" in str(rows.pop(2))


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        ("id,title,price\n1,a;b,2\n", ","),
        ('id;title;price\n1001;Kleid, rot;"19,99 €"\n', ";"),
        ("id\ttitle\tprice, EUR\n", "\t"),
        ("id|title|images\n1|a,b,c,d|e,f\n", "|"),
        ('"name; long",sku,price\n', ","),
        ("id\n1\n", ","),
    ],
)
def test_the_header_tells_the_delimiter(head: str, delimiter: str) -> None:
    assert csv.detect_delimiter(head) == delimiter


def test_a_first_line_for_excel_names_the_delimiter() -> None:
    text = "sep=;\r\nid;title, short\r\n1;Mug\r\n"
    assert csv.detect_delimiter(text) == ";"
    assert csv.header(text, ";") == ["id", "title, short"]
    assert _read(text, ";") == {3: {"id": "1", "title, short": "Mug"}}


def test_quotes_of_a_tsv_may_be_text() -> None:
    rows = _read('id\ttitle\tprice\n1\t"17 inch\t9\n2\tb\t3\n', "\t")
    assert rows[2] == {"id": "1", "title": '"17 inch', "price": "9"}
    assert rows[3] == {"id": "2", "title": "b", "price": "3"}


def test_repeated_columns_are_lists_and_trailing_delimiters_nothing() -> None:
    rows = _read("id,image,image,\n1,a.jpg,b.jpg,\n2,c.jpg,,,,\n")
    assert rows == {2: {"id": "1", "image": ["a.jpg", "b.jpg"]}, 3: {"id": "2", "image": ["c.jpg", ""]}}
    assert "3 cells" in str(_read("id,title\n1,a,b\n")[2])


def test_a_row_that_was_cut_off_is_no_product() -> None:
    rows = _read("id,title,description,price,images\n1,Dress,Soft,19,https://a.example/1.jpg\n2,Red dress,So")
    assert rows[2] == {
        "id": "1", "title": "Dress", "description": "Soft", "price": "19", "images": "https://a.example/1.jpg",
    }  # fmt: skip
    assert "middle of a row" in str(rows[3])


def test_programs_leave_out_empty_cells_at_the_end_but_hardly_half_of_a_row() -> None:
    rows = _read("id,title,description,price,images\n1,Dress,Soft,19\n2,Dress\n3,Dress,Soft,19,\n")
    assert rows[2] == {"id": "1", "title": "Dress", "description": "Soft", "price": "19"}
    assert "2 cells, but the header has 5 columns" in str(rows[3])
    assert rows[4]["id"] == "3"  # type: ignore[index]


@pytest.mark.parametrize(
    "rows",
    [
        "17,Dress,Soft,19,a.jpg\n18,Red dress,Falls softly\nwith sleeves,29,b.jpg\n19,Hat,Warm,9,c.jpg\n",
        "17,Dress,Soft,19,a.jpg\n18,Red\ndress,Falls\n\nsoftly,29,b.jpg\n19,Hat,Warm,9,c.jpg\n",  # several breaks
        "17,Dress,Soft,19,a.jpg\n18,Red dress,Falls\nsoftly,29,b.jpg\n19,Hat,Warm\nand soft,9,c.jpg\n",  # several rows
        "17,Dress,Soft,19\n18,Red dress,Falls\nsoftly,29,b.jpg\n19,Hat,Warm,9,c.jpg\n",  # after a row without an image
        "17,Dress,Soft,19,a.jpg\n18,Red dress,Falls softly\n,29,b.jpg\n",
    ],
)
def test_a_row_that_a_line_break_without_quotes_cuts_is_no_product(rows: str) -> None:
    read = _read("id,title,description,price,images\n" + rows)
    assert "goes on to line" in str(read.pop(3))
    assert all(row["price"] in {"19", "9"} for row in read.values() if isinstance(row, dict))
    assert next(row["id"] for row in read.values() if isinstance(row, dict)) == "17"
    assert len([row for row in read.values() if isinstance(row, str)]) <= 1


@pytest.mark.parametrize(
    "rows",
    [
        ["d-1,Dress,Soft", "d-2,Red dress,Soft", "d-3,Hat,Warm"],
        ["d-1,Dress,Soft,9", "d-2,Red dress", "d-3,Hat,Warm,9,c.jpg", "d-4,Mug,Blue"],
        [
            "d-0,Hat,Warm,9,c.jpg",
            "LUX,Coat,Long,9,c.jpg",
            "d-1,Dress,Soft",
            "LUX,Red dress,Soft",
        ],  # two ways to write ids
        ["d-1,Dress,Soft", "4006381,Red dress,Soft,9", "d-3,Hat"],
    ],
)
def test_rows_whose_empty_cells_at_the_end_a_spreadsheet_leaves_out_are_products(rows: list[str]) -> None:
    read = _read("\n".join(["id,title,description,price,images", *rows, ""]))
    assert not [row for row in read.values() if "line break" in str(row)]
    assert [row["id"] for row in read.values() if isinstance(row, dict)] == [
        row.split(",")[0] for row in rows if row.count(",") >= 2
    ]
    assert len(read) == len(rows)


def test_many_short_rows_take_no_more_memory_and_time_than_few() -> None:
    rows = _read("id,title,a,b,c,d,e,f,g,h\n" + "x\n" * 20_000)
    assert len(rows) == 20_000
    assert all("1 cells" in str(row) for row in rows.values())
