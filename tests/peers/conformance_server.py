"""Serves what `sched-agent serve` does, with what the conformance suite wants to find added to it.

The gate, the HTTP application and the MCP server object are the product's own; the fixtures of
`conformance_fixtures` are put on that object.
"""

import uvicorn

from sched_agent.bootstrap import open_program
from sched_agent.settings import Settings
from sched_agent.transports.rest.app import application, mcp_server
from tests.peers import conformance_fixtures


def main() -> None:
    settings = Settings.read()
    program = open_program(settings)
    server = mcp_server(program.backend, settings)
    conformance_fixtures.put_on(server)
    served = application(program.app, program.environment, settings, server)
    uvicorn.run(served, host=settings.host, port=settings.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
