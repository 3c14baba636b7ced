"""The SDK's server with one tool that does nothing: over stdio, or over HTTP on a given port."""

import sys

from mcp.server import MCPServer

server = MCPServer("bare", log_level="WARNING")


@server.tool()
def noop() -> str:
    """Do nothing."""
    return "done"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        server.run("stdio")
    else:
        import uvicorn

        uvicorn.run(
            server.streamable_http_app(stateless_http=True),
            host="127.0.0.1",
            port=int(sys.argv[1]),
            log_config=None,
            access_log=False,
            server_header=False,
        )
