"""Agents, chaos and a checker: what was acknowledged is held against what is there.

`torture.py` runs it all, `checker.py` decides. `make torture SECONDS=300 STORE=sqlite SEED=7`.
"""
