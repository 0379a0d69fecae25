"""Facts of hardware-aware architecture search, each shown by a command: tables, a plot, and a sentence with figures.

:mod:`cosearch.exhibits.gallery` lists them, one module each; :mod:`cosearch.exhibits.exhibit` says what they are.
"""
