"""The webhooks by which voice platforms call the tools, one file a platform."""
