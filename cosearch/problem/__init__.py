"""What is asked: budget, objectives, options of a search, the space of accelerators, goals for networks?"""
