"""REST: one file a family of APIs, over the same services."""
