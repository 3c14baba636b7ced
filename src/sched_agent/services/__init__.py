"""What may happen: one verb a function, one transaction each."""
