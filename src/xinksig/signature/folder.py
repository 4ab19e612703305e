"""A folder of people, templates and images as a signature source.

Goals: whatever is served was read as a whole and rendered for everybody before; a change on disk shows within
seconds, without a restart; a fault on disk never reaches a message, but an administrator, with file and line.

The folder serves one ``Version``. Now and then it looks at the disk, and takes a newer version when that is
complete: when nothing has changed for a while, nothing changed while it was read, and it has no fault.
"""

import logging
import os
import threading
import time
from collections.abc import Iterable

from xinksig.errors import UsageError
from xinksig.model import Kind
from xinksig.records import NamedTuple
from xinksig.signature.finding import Finding, FolderError
from xinksig.signature.people import Person
from xinksig.signature.request import SignatureRequest
from xinksig.signature.signature import Signature
from xinksig.signature.version import Version

_LOG = logging.getLogger("xinksig.folder")
_ENTRIES = 5_000
_FIRST_TRIES = 3
_FIRST_WAIT = 0.2


class _Stamp(NamedTuple):
    """What tells one state of a folder from the next."""

    entries: tuple[tuple[str, int, int, int], ...]
    """Path, size, time of the last change in ns and inode of every file; folders too, for what is gone."""
    files: frozenset[str]

    @property
    def changed(self) -> float:
        """When the last change was, in seconds of the clock."""
        return max((entry[2] for entry in self.entries), default=0) / 1e9


class SignatureFolder:
    """A signature source that reads people, templates and images in a folder, and follows their changes.

    Call it with a ``SignatureRequest``; threads may share it. Raises ``FolderError`` (a ``SourceError``) that
    names file and line when the folder cannot be used at the start; later faults keep the last
    good version serving and stand in ``errors``. Raises ``UsageError`` when Jinja2 is not installed.
    """

    def __init__(
        self, path: str | os.PathLike[str], /, *, check_every: float = 1.0, settle: float = 1.0
    ) -> None:
        """Read the folder. In seconds: how often the disk is looked at, how long it must be at rest."""
        if check_every < 0 or settle < 0:
            raise UsageError("check_every and settle are seconds: 0 or more")
        self._root = os.path.realpath(os.fspath(path))
        self._check_every = check_every
        self._settle = settle
        self._lock = threading.Lock()
        self._pending: tuple[_Stamp, float] | None = None
        self._refused: _Stamp | None = None
        self._unknown: set[str] = set()
        self.errors: tuple[Finding, ...] = ()
        """Why what is on disk now does not serve; () if it does."""
        self._stamp, self._version = self._first()
        self._next = time.monotonic() + check_every

    def __call__(self, request: SignatureRequest) -> Signature | None:
        """Return the signature for a request: by author, sender or envelope, in the folder's order.

        An address or alias of somebody goes before any domain's fallback. ``None``: nobody is found.
        """
        version = self._current()
        addresses = {
            "author": request.author,
            "sender": request.sender,
            "envelope": request.envelope.sender or "",
        }
        ordered = [addresses[item] for item in version.settings.order]
        for find in (version.owner, version.fallback):
            for address in ordered:
                person = find(address)
                if person is not None:
                    return self._signature(version, person, request.name, request.kind)
        return None

    def _signature(self, version: Version, person: Person, name: str, kind: Kind) -> Signature | None:
        if name and name.lower() not in version.templates.variants and name.lower() not in self._unknown:
            self._unknown.add(name.lower())
            _LOG.warning("%s: a message asks for %r, which has no template", self._root, name)
        return version.signature(person, name, kind)

    def find(self, address: str, /) -> Person | None:
        """Return who has an address or alias, or who stands in for it; ``None``: nobody."""
        version = self._current()
        return version.owner(address) or version.fallback(address)

    def render(self, person: Person, /, name: str = "", kind: Kind = Kind.NEW) -> Signature | None:
        """Return the signature of a person that ``find`` gave; ``None``: that name is not assigned."""
        return self._current().signature(person, name, kind)

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody in the people file, in its order."""
        return tuple(self._current().people)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all templates, as the files are written."""
        return tuple(variant.name for variant in self._current().templates.variants.values())

    def check(self) -> list[Finding]:
        """Return every fault of what is on disk now, or else what readers would miss: see ``check``."""
        return check(self._root)

    def reload(self) -> bool:
        """Read what is on disk now, without waiting for rest; return whether it serves."""
        with self._lock:
            self._refresh(at_rest=True)
        return not self.errors and self._pending is None

    def _current(self) -> Version:
        if time.monotonic() >= self._next and self._lock.acquire(blocking=False):
            try:
                self._refresh()
            finally:
                self._next = time.monotonic() + self._check_every
                self._lock.release()
        return self._version

    def _first(self) -> tuple[_Stamp, Version]:
        for _ in range(_FIRST_TRIES):
            stamp = _look(self._root)
            fault: FolderError | None = None
            try:
                version = Version(self._root, stamp.files)
            except FolderError as error:
                fault = error
            if _look(self._root) == stamp:
                if fault is not None:
                    raise fault
                return stamp, version
            time.sleep(_FIRST_WAIT)
        raise FolderError(
            self._root, [Finding(True, "", 0, "it changes all the time and cannot be read as a whole")]
        )

    def _refresh(self, *, at_rest: bool = False) -> None:
        """Take what is on disk if it is new, at rest and without fault; the last good version serves on."""
        stamp: _Stamp | None = None
        try:
            stamp = _look(self._root)
            if stamp == self._stamp:
                self._accept(stamp, self._version)
            elif stamp != self._refused and (at_rest or self._is_at_rest(stamp)):
                version = Version(self._root, stamp.files)
                if _look(self._root) == stamp:
                    self._accept(stamp, version)
                    _LOG.info("%s: a new version serves", self._root)
                else:
                    self._pending = stamp, time.monotonic()
        except FolderError as error:
            self._refuse(stamp, error.findings)
        except Exception as error:  # noqa: BLE001 (no state of a disk may end the service)
            _LOG.exception("%s: cannot be read", self._root)
            self._refuse(stamp, [Finding(True, "", 0, f"cannot be read: {type(error).__name__}: {error}")])

    def _accept(self, stamp: _Stamp, version: Version) -> None:
        self._stamp, self._version = stamp, version
        self._pending = self._refused = None
        self.errors = ()

    def _refuse(self, stamp: _Stamp | None, findings: Iterable[Finding]) -> None:
        errors = tuple(finding for finding in findings if finding.is_error)
        if errors != self.errors:
            for finding in errors[:20]:
                _LOG.error("%s: %s; the last good version serves on", self._root, finding)
        self.errors, self._refused, self._pending = errors, stamp, None

    def _is_at_rest(self, stamp: _Stamp) -> bool:
        """Whether nothing changed for a while, by the files' times or, if those are odd, by what was seen."""
        if 0 <= time.time() - stamp.changed >= self._settle:
            return True
        now = time.monotonic()
        if self._pending is None or self._pending[0] != stamp:
            self._pending = stamp, now
        return now - self._pending[1] >= self._settle


def check(path: str | os.PathLike[str], /) -> list[Finding]:
    """Return every fault of a folder or, if it has none, what readers would miss in anybody's signature.

    Everybody's every signature is rendered. Raises ``UsageError`` when Jinja2 is not installed.
    """
    root = os.path.realpath(os.fspath(path))
    try:
        version = Version(root, _look(root).files)
        return [*version.findings, *version.warnings()]
    except FolderError as error:
        return list(error.findings)


def _look(root: str) -> _Stamp:
    """Return the state of a folder: hidden entries are passed over, links must stay inside."""
    entries: list[tuple[str, int, int, int]] = []
    files: list[str] = []
    folders = [""]
    try:
        while folders:
            below = folders.pop()
            with os.scandir(os.path.join(root, below)) as found:
                for entry in found:
                    if entry.name.startswith("."):
                        continue
                    path = f"{below}/{entry.name}" if below else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                        entries.append((path, *_times(os.stat(entry.path))))
                    elif entry.is_file() and _is_inside(root, entry):
                        files.append(path)
                        entries.append((path, *_times(os.stat(entry.path))))
            if len(entries) > _ENTRIES:
                raise FolderError(root, [Finding(True, "", 0, f"it holds more than {_ENTRIES:,} files")])
        entries.append(("", *_times(os.stat(root))))
    except OSError as error:
        raise FolderError(root, [Finding(True, "", 0, f"cannot be read: {error.strerror}")]) from error
    return _Stamp(tuple(sorted(entries)), frozenset(files))


def _is_inside(root: str, entry: "os.DirEntry[str]") -> bool:
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        if not target.startswith(root.rstrip(os.sep) + os.sep):
            reason = "is a link to a place outside the folder"
            raise FolderError(root, [Finding(True, os.path.relpath(entry.path, root), 0, reason)])
    return True


def _times(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, max(status.st_mtime_ns, status.st_ctime_ns), status.st_ino
