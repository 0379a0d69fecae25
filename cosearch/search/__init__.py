"""The loop: who is asked, which trials are pending, what ends it; the plan, the final mapping, the baselines."""
