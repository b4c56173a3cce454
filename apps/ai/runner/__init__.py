"""The model runner: the only place where model code executes.

A process of its own per worker, started with an emptied environment. This package must stay
free of Django: it is imported inside the runner, where no settings and no database exist.
``client`` is the worker's side, everything else runs inside.
"""
