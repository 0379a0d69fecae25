"""Who computes: this process, processes beside it, or a cluster?

All of them keep one promise: an answer is that of the function on its argument, whoever gives it, however many workers
there are, and however many of them die on the way.
"""
