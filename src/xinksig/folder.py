"""A folder of people, templates and images as a signature source: ``SignatureFolder(path)``."""

from xinksig.signature.finding import Finding, FolderError
from xinksig.signature.folder import SignatureFolder, check
from xinksig.signature.people import Person

__all__ = ["Finding", "FolderError", "Person", "SignatureFolder", "check"]
