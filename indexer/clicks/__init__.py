"""From clicks to judgements: what shoppers looked at by position, and what they did with it."""
