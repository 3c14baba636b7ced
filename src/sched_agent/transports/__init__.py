"""The doors: MCP and REST. A door translates; what may happen is decided below."""
