"""Move a shop to a new index or vector space: build it while the old one serves, compare, swap, roll back.

`rollout` runs the `steps`; an interrupted run continues from its `state`; `carrying` makes one index equal to another
while both take writes; `comparing` checks whether the new one is as good.
"""
