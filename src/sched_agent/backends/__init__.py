"""Who does what the tools ask for: the engine in this process, or a hosted API."""
