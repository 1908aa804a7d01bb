"""The words of the field, on the standard library alone."""
