"""Signatures: from a designer's document or a caller's strings to what goes into a message."""
