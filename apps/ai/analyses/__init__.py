"""Built-in analyses: pure functions from a volume and its headers to an outcome."""
