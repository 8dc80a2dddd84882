"""What relevance is made of, with a history: versions of configurations, rules and query sets, and what was live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from elasticsearch import ConflictError, NotFoundError

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.rules import MAX_RULES, Rule, in_order
from es_mappings.stores import publication as es_publication
from indexer.catalog.documents import now
from indexer.elastic.client import make_index
from indexer.elastic.named_index import check_serves
from indexer.elastic.product_index import ProductIndex
from indexer.errors import EditConflictError, RelevanceError
from indexer.relevance.naming import read_name
from indexer.relevance.versions import KINDS, Named, Publication, Version, plain, read_publication, read_version

_HISTORY = 1_000  # versions of one thing, or publications, that are listed


class Publications:
    """Saved configurations and rules of one shop, and what was published. Nothing is ever overwritten."""

    def __init__(self, index: ProductIndex) -> None:
        self._products, self._client, self.index = index, index.client, index.store(es_publication.KIND)

    def live(self) -> Publication:
        """Return what is live; before anything was published, what the code says.

        Raises
        ------
        RelevanceError
            It was published by another version of the code.
        """
        newest = self._newest()
        return read_publication(newest) if newest else Publication()

    def numbered(self, number: int) -> Publication:
        """Return a publication by number.

        Raises
        ------
        RelevanceError
            There is none with this number.
        """
        if number == 0:
            return Publication()
        try:
            source = self._client.get(index=self.index, id=_id(number))["_source"]
        except NotFoundError as error:
            raise RelevanceError(f"there is no publication {number}") from error
        return read_publication(source)

    def history(self, size: int = _HISTORY) -> list[Publication]:
        """Return the publications, the newest first: the audit log. One that can't be read says so in its note."""
        found = self._search(es_publication.latest_publications(size))
        return [read_publication(hit["_source"], strict=False) for hit in found]

    def publish(
        self,
        author: str,
        *,
        configuration: Configuration | None = None,
        rules: Sequence[Rule] | None = None,
        note: str = "",
        expected: int | None = None,
        undoes: bool = False,
    ) -> Publication:
        """Make a configuration, rules, or both live; what isn't given stays.

        Parameters
        ----------
        expected : int, optional
            Number of the publication that the author has seen; by default the newest.
        undoes : bool
            Whether it was live before; then its index may be gone, in whose place the live one is searched.

        Raises
        ------
        EditConflictError
            Somebody else published meanwhile.
        RelevanceError
            There are too many rules, or what stays can't be read, or the configuration's index can't serve shoppers.
        """
        if configuration and configuration.index and not undoes:
            check_serves(self._products, configuration.index)
        newest = self._newest()
        number = newest.get("number", 0)
        if expected is not None and expected != number:
            raise EditConflictError(_published_meanwhile(newest))
        before = Publication() if None not in (configuration, rules) else self.live()
        if rules is not None and len(rules) > MAX_RULES:
            raise RelevanceError(f"{len(rules)} rules are more than {MAX_RULES}")
        after = Publication(
            number=number + 1,
            configuration=configuration or before.configuration,
            rules=before.rules if rules is None else tuple(in_order(rules)),
            author=author,
            at=now(),
            note=note,
        )
        body = {"configuration": plain(after.configuration), "rules": [plain(rule) for rule in after.rules]}
        fields = after.model_dump(include={"number", "author", "at", "note"})
        self._create(_id(after.number), {"type": es_publication.PUBLICATION, **fields, "body": body})
        return after

    def undo(self, author: str, *, expected: int | None = None) -> Publication:
        """Publish again what was live before the newest publication, also where that one can't be read.

        Parameters
        ----------
        expected : int, optional
            Number of the publication to undo; by default the newest.

        Raises
        ------
        EditConflictError
            Somebody else published meanwhile.
        RelevanceError
            Nothing was published yet.
        """
        number = expected or self._newest().get("number", 0)
        if not number:
            raise RelevanceError("nothing was published yet")
        before, note = self.numbered(number - 1), f"undoes {number}"
        live, rules = before.configuration, before.rules
        return self.publish(author, configuration=live, rules=rules, note=note, expected=number, undoes=True)

    def save(self, value: Named, author: str, note: str = "", *, expected: int | None = None) -> Version:
        """Save a thing as its next version, unless it is as the newest; nothing that is live changes.

        Parameters
        ----------
        expected : int, optional
            Number of the version that the author started from, 0 for a new one; by default the newest.

        Raises
        ------
        EditConflictError
            Somebody else saved it meanwhile.
        """
        return self._add(type(value), value.name, value, author, note, expected)

    def delete(self, model: type[Named], name: str, author: str, *, expected: int | None = None) -> Version:
        """Delete a configuration, rule or query set; its versions stay.

        Parameters
        ----------
        expected : int, optional
            Number of the version that the author has seen; by default the newest.

        Raises
        ------
        EditConflictError
            Somebody else saved it meanwhile.
        RelevanceError
            There is none of this name.
        """
        self.get(model, name)
        return self._add(model, name, None, author, "deleted", expected)

    def all(self, model: type[Named]) -> list[Version]:
        """Return the newest version of each thing of a kind, without deleted ones, by name."""
        hits = self._search(es_publication.latest_versions(KINDS[model], _HISTORY))
        newest = (hit["inner_hits"]["newest"]["hits"]["hits"][0]["_source"] for hit in hits)
        return [read_version(model, source) for source in newest if source["body"].get("value")]

    def versions(self, model: type[Named], name: str) -> list[Version]:
        """Return all versions of one configuration, rule or query set, the newest first."""
        search = es_publication.versions_of(KINDS[model], name, _HISTORY)
        return [read_version(model, hit["_source"]) for hit in self._search(search)]

    def get(self, model: type[Named], name: str, number: int | None = None) -> Named:
        """Return a configuration, rule or query set: its newest version, or one by number.

        Raises
        ------
        RelevanceError
            There is none.
        """
        versions = self.versions(model, name)
        for version in versions:
            if number in (None, version.number) and isinstance(version.value, model):
                return version.value
            if number is None:
                break  # deleted
        which = f" of number {number}" if number and versions else ""
        raise RelevanceError(f"there is no {KINDS[model]} {name!r}{which}")

    def configuration(self, text: str) -> Configuration:
        """Return the configuration that a person names: ``NAME``, ``NAME@NUMBER``, ``live``, or ``default``.

        Raises
        ------
        RelevanceError
            There is none.
        """
        name, number = read_name(text)
        if name == "live":
            return self.live().configuration
        if name == DEFAULT.name and not self.versions(Configuration, name):
            return DEFAULT
        return self.get(Configuration, name, number)

    def _newest(self) -> dict[str, Any]:
        """Return the newest publication's document, which another version of the code may have written; or nothing."""
        return next((hit["_source"] for hit in self._search(es_publication.latest_publications(1))), {})

    def _add(
        self,
        model: type[Named],
        name: str,
        value: Named | None,
        author: str,
        note: str,
        expected: int | None,
    ) -> Version:
        kind, newest = KINDS[model], next(iter(self.versions(model, name)), None)
        number = newest.number if newest else 0
        if newest and value and newest.value == value:
            return newest
        seen = [None, number, 0] if newest and newest.is_deleted else [None, number]
        if newest and expected not in seen:
            raise EditConflictError(f"{newest.author} saved {kind} {name!r} meanwhile (version {number}, {newest.at})")
        fields = {"name": name, "number": number + 1, "author": author, "at": now(), "note": note}
        body = {"value": plain(value)} if value else {}
        document = {"type": es_publication.VERSION, "kind": kind, **fields, "body": body}
        self._create(f"{kind}:{name}@{number + 1}", document)
        return read_version(model, document)

    def _create(self, document_id: str, document: dict[str, Any]) -> None:
        """Write a document that doesn't exist yet; refresh, because it counts from the next search on."""
        make_index(self._client, self.index, es_publication.mapping())
        try:
            self._client.create(index=self.index, id=document_id, document=document, refresh=True)
        except ConflictError as error:
            raise EditConflictError(
                f"somebody else wrote {document_id} in the same moment; look at it first"
            ) from error

    def _search(self, search: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return list(self._client.search(index=self.index, body=search)["hits"]["hits"])
        except NotFoundError:  # nothing was saved yet
            return []


def _published_meanwhile(newest: Mapping[str, Any]) -> str:
    if not newest:
        return "what was published is gone"
    since = f"number {newest['number']}, {newest['at']}: {newest['note'] or 'no note'}"
    return f"{newest['author']} published meanwhile ({since})"


def _id(number: int) -> str:
    return f"{es_publication.PUBLICATION}@{number}"
