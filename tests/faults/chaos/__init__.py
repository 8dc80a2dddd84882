"""A shop that is disturbed at random, and a checker of everything that it answered and stored meanwhile.

`schedule` draws what happens, `run` does it to a real shop and records a `history`, the checks in `checks` say
afterwards what of it must not have happened. `make chaos` runs it for an hour, `make test` for half a minute.
"""
