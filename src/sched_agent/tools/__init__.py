"""The tools: each checks its arguments, asks the backend, and says the answer."""
