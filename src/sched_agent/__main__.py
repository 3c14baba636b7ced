"""Run the command line with `python -m sched_agent`."""

from sched_agent.cli import main

main()
