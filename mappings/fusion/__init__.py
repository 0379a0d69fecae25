"""Which layers run together, and how, so that the least words cross between DRAM and chip?"""
