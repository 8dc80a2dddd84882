"""Text queries, and what is searched for instead: meaning where keywords find nothing, keywords without a worker."""

from __future__ import annotations

from typing import Literal

from search.parameters import SearchParameters
from search.syntax import write_anchor

Fallback = Literal["", "meaning", "keywords"]
"""What replaces a request: ``meaning``, the products nearest to keywords that find nothing; ``keywords``, the words of
a text query that nobody can embed."""

# The least cosine of words with the catalogue's own at which they mean something here. On the rendered catalogue, 18
# words of other worlds or of none (pizza, asdfgh) have 0.18 to 0.37, and one 0.46 (car insurance); 25 that mean its
# products without naming them (television, stuffed animal) have 0.43 to 0.84, but for three (telly, frock, choo choo).
LEAST_CLOSENESS = 0.4

# The least similarity of a product that is shown by meaning: a weighted cosine of 0.25, where unrelated ones have 0.
LEAST_SIMILARITY = 0.625


def replaced(parameters: SearchParameters, fallback: Fallback) -> SearchParameters:
    """Return the parameters of what is searched for instead; filters and page size stay."""
    if fallback == "meaning":
        reset = ("sort", "min_match", "metric", "images", "relevance", "strategy", "diversity", "mode", "weight")
        plain = {name: SearchParameters.model_fields[name].default for name in reset}
        return parameters.model_copy(update={**plain, "q": "", "text": write_anchor(parameters.q)})
    if fallback == "keywords":
        words, _ = parameters.text_anchor
        return parameters.model_copy(update={"q": parameters.q or words, "text": ""})
    return parameters
