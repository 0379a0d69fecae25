"""How is it searched: who is asked, which trials are pending, what ends it; the plan, the final mapping, baselines?"""
