"""Which network, for given hardware or counts?"""
