"""Experiments from what a person asks for: named configurations, frozen as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.experiment import Experiment
from indexer.errors import RelevanceError
from indexer.experiments.log import Run
from indexer.relevance.publications import Publications

_KINDS = {"ab": "A/B", "interleaving": "interleaving"}


def new_experiment(store: Publications, name: str, control: str, treatment: str, **fields: Any) -> Experiment:
    """Return an experiment of two configurations as they are named: ``NAME``, ``NAME@NUMBER``, ``live``, ``default``.

    Raises
    ------
    RelevanceError
        There is no such configuration, or a field is wrong; the message names it.
    """
    sides = {"control": store.configuration(control), "treatment": store.configuration(treatment)}
    try:
        return Experiment.model_validate({"name": name, **sides, **fields})
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ").replace("Value error, ", "")
            for fault in error.errors(include_url=False)
        )
        raise RelevanceError("; ".join(faults)) from error


def described(experiment: Experiment) -> str:
    """Return what an experiment compares, in a line."""
    share = "" if experiment.share == 1 else f", {experiment.share:.0%} of visits"
    return f"{_KINDS[experiment.kind]} of {experiment.control.name} and {experiment.treatment.name}{share}"


def deleted(store: Publications, run: Run) -> Iterator[str]:
    """Iterate over the names of an experiment's configurations that were deleted; it goes on with them as they were."""
    if run.experiment is None:
        return
    saved = {version.name for version in store.all(Configuration)}
    for configuration in (run.experiment.control, run.experiment.treatment):
        if configuration.name not in saved and configuration.name != DEFAULT.name:
            yield configuration.name
