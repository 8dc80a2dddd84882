from pathlib import Path

from click.testing import CliRunner

from indexer.cli.feed import feed


def test_the_printed_mapping_can_be_saved_and_used(tmp_path: Path) -> None:
    file, mapping = tmp_path / "export.csv", tmp_path / "mapping.toml"
    file.write_text("Nr;Name;Farbe;Foto\n1;Kleid;rot;https://img.example/1.jpg\n2;;blau;\n")
    first = CliRunner().invoke(feed, ["inspect", str(file)])
    assert first.exit_code == 0, first.output
    assert "separated by ;" in first.output
    assert (
        '{"id": "1", "images": ["https://img.example/1.jpg"], "title": "Kleid", "attributes": {"color": "rot"}}'
        in first.output
    )
    assert "2 rows: 1 products, 1 refused" in first.output
    toml = first.output[first.output.index("[columns]") : first.output.index("The first products")]
    mapping.write_text(toml)
    second = CliRunner().invoke(feed, ["inspect", str(file), "--mapping", str(mapping)])
    assert "read as CSV with mapping.toml" in second.output
    assert "2 rows: 1 products, 1 refused" in second.output


def test_delimiter_and_encoding_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "export.txt"
    file.write_bytes("id^title\n1^Röckchen\n".encode("mac_roman"))
    shown = CliRunner().invoke(feed, ["inspect", str(file), "--delimiter", "^", "--encoding", "mac_roman"])
    assert '"title": "Röckchen"' in shown.output
    assert CliRunner().invoke(feed, ["inspect", str(file), "--delimiter", "ab"]).exit_code == 2


def test_rows_that_replace_an_earlier_one_are_told(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_text("id,title,price\n1,Mug,9 EUR\n1,Cup,9 EUR\n")
    shown = CliRunner().invoke(feed, ["inspect", str(file)])
    assert "1 have the id of an earlier row: the last one counts" in shown.output
