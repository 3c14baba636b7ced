"""`sched-agent`, with what the conformance suite wants to find on any server added to it.

The command line, the gate, the HTTP application and the MCP server are the product's own. Only
after its server object is made, the fixtures of `conformance_fixtures` are put on it.
"""

from functools import wraps
from typing import Any
from unittest.mock import patch

from sched_agent import cli
from sched_agent.transports.mcp import SchedAgentServer
from tests.peers import conformance_fixtures

bare = SchedAgentServer.__init__


@wraps(bare)
def furnished(server: SchedAgentServer, *args: Any, **kwargs: Any) -> None:
    bare(server, *args, **kwargs)
    conformance_fixtures.put_on(server)


if __name__ == "__main__":
    with patch.object(SchedAgentServer, "__init__", furnished):
        cli.main()
