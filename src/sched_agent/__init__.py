"""A scheduling engine for AI voice and chat agents.

The doors are in `transports` (MCP, REST) and `cli`; the rules are in `model`.
"""

from importlib.metadata import version

__version__ = version("sched-agent")
