"""Neural architecture search: a space, a cost model, a goal, limits, and a strategy that spends evaluations on them."""
