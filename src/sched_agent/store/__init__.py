"""Where everything is kept: the promise in `base`, its keepers beside it."""
