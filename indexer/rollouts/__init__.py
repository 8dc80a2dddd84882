"""A new index, or a new vector space, beside the live one: built, compared, swapped in one call, taken back in one.

`state` is what a run that died goes on from; `carrying` makes one index equal to another while both are written to;
`comparing` says whether the new one is as good; `rollout` takes the steps.
"""
