"""What each version can do, and that too old ones are refused by name."""

import pytest

from indexer.elastic.capabilities import Capabilities, UnsupportedVersionError


@pytest.mark.parametrize(
    ("version", "can"),
    [
        ("8.19.13", {"exclude_vectors"}),
        ("9.0.8", set()),
        ("9.1.0", {"exclude_vectors"}),
        ("9.2.1", {"exclude_vectors", "source_lacks_vectors"}),
        ("9.4.3", {"exclude_vectors", "source_lacks_vectors", "packed_vectors"}),
        ("9.12.0-SNAPSHOT", {"exclude_vectors", "source_lacks_vectors", "packed_vectors"}),
    ],
)
def test_each_version_can_what_its_release_notes_say(version: str, can: set[str]) -> None:
    server = Capabilities.of(version)
    names = ("packed_vectors", "source_lacks_vectors", "exclude_vectors")
    assert {name for name in names if getattr(server, name)} == can
    assert server.search_factor == (1 if server.version >= "9.4" or server.version.startswith("9.12") else 4)
    assert len(server.shortcomings()) == len(names) - len(can) + (server.search_factor > 1)


@pytest.mark.parametrize("version", ["8.18.4", "7.17.29", "latest"])
def test_an_older_one_is_refused_by_name(version: str) -> None:
    with pytest.raises(UnsupportedVersionError, match=rf"Elasticsearch {version} was found, and 8\.19 or any 9\.x"):
        Capabilities.of(version)
