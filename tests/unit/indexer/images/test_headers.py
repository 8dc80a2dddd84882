from pathlib import Path

import pytest

from indexer.errors import SettingsError
from indexer.images.headers import RequestHeaders, read_headers


def test_a_host_gets_its_own_headers_and_no_other_does(tmp_path: Path) -> None:
    file = tmp_path / "headers.toml"
    file.write_text(
        '["CDN.example"]\nAuthorization = "Bearer s3cret"\n["cdn.example:8443"]\nx-key = "1"\nuser-agent = "Shop"\n'
    )
    headers = RequestHeaders("Shop images", read_headers(file))
    assert headers.of("cdn.example", 443)["authorization"] == "Bearer s3cret"
    assert headers.of("cdn.example", 8443) == {
        "accept": "image/*",
        "accept-encoding": "identity",
        "user-agent": "Shop",
        "authorization": "Bearer s3cret",
        "x-key": "1",
    }
    assert headers.of("evil.example", 443) == {
        "accept": "image/*",
        "accept-encoding": "identity",
        "user-agent": "Shop images",
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("authorization = 'x'", "has no table for 'authorization'"),
        ('["a"]\nhost = "b"', "'host' is no header that can be set"),
        ('["a"]\n"x y" = "b"', "'x y' is no header"),
        ('["a"]\nx-key = "b\\r\\nc: d"', "the value of x-key must be printable"),
        ('["a"]\nx-key = 1', "the value of x-key must be printable"),
        ("[", "is not TOML"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "headers.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=f"headers.toml.*{why}"):
        read_headers(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml can't be read"):
        read_headers(tmp_path / "none.toml")
