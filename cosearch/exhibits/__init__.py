"""Which facts of hardware-aware architecture search does one command show, by tables, a plot and a sentence?

:mod:`cosearch.exhibits.gallery` lists them, one module each; :mod:`cosearch.exhibits.exhibit` says what they are.
"""
