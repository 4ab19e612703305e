"""The plain text half: where a placeholder stands, and the signature in its place."""

from xinksig.text.plain_inject import Injection, inject
from xinksig.text.plain_locate import SIGNS, find

__all__ = ["SIGNS", "Injection", "find", "inject"]
