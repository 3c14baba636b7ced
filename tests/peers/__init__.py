"""Checks by programs that nobody here wrote: run them with `pytest tests/peers`.

They need the npm and PyPI registries once, for what they put into `node_modules` and `.work`.
"""
