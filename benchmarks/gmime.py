"""GMime, the C library, twice: through PyGObject as a Python program would, and through ctypes, near to C."""

import ctypes
import ctypes.util
import importlib
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from benchmarks.messages import HTML_SIGNATURE, PLACEHOLDER, TEXT_SIGNATURE, Message

Job = Callable[[], bytes | memoryview]

_DOS = 1  # GMIME_NEWLINE_FORMAT_DOS
_CONTENT_DEFAULT = 0  # GMIME_CONTENT_ENCODING_DEFAULT
_HANDLED = ("X-Xink-Handled", "Yes")


def _signed(text: str, subtype: str) -> str:
    return text.replace(PLACEHOLDER, HTML_SIGNATURE if subtype == "html" else TEXT_SIGNATURE)


@cache
def load_gi() -> Any:
    """Return the GMime module of PyGObject, or ``None``: Debian's gir1.2-gmime-3.0 and python3-gi."""
    # Debian keeps gi with its own Python; it fits any Python of the same minor version.
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        gi = importlib.import_module("gi")
        gi.require_version("GMime", "3.0")
        gmime = importlib.import_module("gi.repository.GMime")
    except (ImportError, ValueError):
        return None
    finally:
        sys.path.remove("/usr/lib/python3/dist-packages")
    gmime.init()
    return gmime


def through_gi(message: Message) -> Job:
    """Return the job as PyGObject does it."""
    gmime = load_gi()
    data = message.data
    newlines = gmime.FormatOptions.new()
    newlines.set_newline_format(gmime.NewLineFormat.DOS)

    def content(part: Any) -> bytes:
        stream = gmime.StreamMem.new()
        part.get_content().write_to_stream(stream)
        return bytes(stream.get_byte_array())

    def edit(part: Any) -> None:
        if isinstance(part, gmime.Multipart):
            for index in range(part.get_count()):
                edit(part.get_part(index))
            return
        if not isinstance(part, gmime.TextPart) or part.get_filename():
            return
        charset = part.get_charset() or "us-ascii"
        text = content(part).decode(charset)
        if PLACEHOLDER not in text:
            return
        octets = _signed(text, part.get_content_type().get_media_subtype()).encode(charset)
        stream = gmime.StreamMem.new_with_buffer(octets)
        part.set_content(gmime.DataWrapper.new_with_stream(stream, gmime.ContentEncoding.DEFAULT))

    def job() -> bytes:
        parser = gmime.Parser.new_with_stream(gmime.StreamMem.new_with_buffer(data))
        parsed = parser.construct_message(None)
        edit(parsed.get_mime_part())
        parsed.prepend_header(*_HANDLED, "us-ascii")
        out = gmime.StreamMem.new()
        parsed.write_to_stream(newlines, out)
        return bytes(out.get_byte_array())

    return job


class _ByteArray(ctypes.Structure):
    """GByteArray, as far as its readers look."""

    _fields_ = (("data", ctypes.c_void_p), ("length", ctypes.c_uint), ("allocated", ctypes.c_uint * 8))


_POINTER, _TEXT, _NUMBER = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "g_mime_init": (None, ()),
    "g_object_unref": (None, (_POINTER,)),
    "g_type_check_instance_is_a": (_NUMBER, (_POINTER, ctypes.c_size_t)),
    "g_mime_multipart_get_type": (ctypes.c_size_t, ()),
    "g_mime_text_part_get_type": (ctypes.c_size_t, ()),
    "g_mime_stream_mem_new": (_POINTER, ()),
    "g_mime_stream_mem_new_with_buffer": (_POINTER, (_TEXT, ctypes.c_size_t)),
    "g_mime_stream_mem_set_byte_array": (None, (_POINTER, ctypes.POINTER(_ByteArray))),
    "g_mime_stream_mem_set_owner": (None, (_POINTER, _NUMBER)),
    "g_mime_stream_mem_get_byte_array": (ctypes.POINTER(_ByteArray), (_POINTER,)),
    "g_mime_parser_new_with_stream": (_POINTER, (_POINTER,)),
    "g_mime_parser_construct_message": (_POINTER, (_POINTER, _POINTER)),
    "g_mime_message_get_mime_part": (_POINTER, (_POINTER,)),
    "g_mime_multipart_get_count": (_NUMBER, (_POINTER,)),
    "g_mime_multipart_get_part": (_POINTER, (_POINTER, _NUMBER)),
    "g_mime_part_get_filename": (_TEXT, (_POINTER,)),
    "g_mime_part_get_content": (_POINTER, (_POINTER,)),
    "g_mime_part_set_content": (None, (_POINTER, _POINTER)),
    "g_mime_text_part_get_charset": (_TEXT, (_POINTER,)),
    "g_mime_object_get_content_type": (_POINTER, (_POINTER,)),
    "g_mime_content_type_get_media_subtype": (_TEXT, (_POINTER,)),
    "g_mime_data_wrapper_write_to_stream": (ctypes.c_ssize_t, (_POINTER, _POINTER)),
    "g_mime_data_wrapper_new_with_stream": (_POINTER, (_POINTER, _NUMBER)),
    "g_mime_object_prepend_header": (None, (_POINTER, _TEXT, _TEXT, _TEXT)),
    "g_mime_object_write_to_stream": (ctypes.c_ssize_t, (_POINTER, _POINTER, _POINTER)),
    "g_mime_format_options_new": (_POINTER, ()),
    "g_mime_format_options_set_newline_format": (None, (_POINTER, _NUMBER)),
}


@cache
def load_library() -> Any:
    """Return libgmime-3.0, or ``None`` where it is not installed."""
    try:
        library = ctypes.CDLL(ctypes.util.find_library("gmime-3.0") or "libgmime-3.0.so.0")
    except OSError:
        return None
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.g_mime_init()
    return library


def version() -> str:
    """Return the version of the library, or that there is none."""
    library = load_library()
    if library is None:
        return "not installed"
    numbers = [ctypes.c_uint.in_dll(library, f"gmime_{name}_version") for name in ("major", "minor", "micro")]
    return ".".join(str(number.value) for number in numbers)


class _Library:
    """One message after the other through the C interface; input and output are not copied."""

    def __init__(self, data: bytes) -> None:
        self._c = load_library()
        self._data = data
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
        self._input = _ByteArray(address, len(data))
        self._newlines = self._c.g_mime_format_options_new()
        self._c.g_mime_format_options_set_newline_format(self._newlines, _DOS)
        self._multipart = self._c.g_mime_multipart_get_type()
        self._text = self._c.g_mime_text_part_get_type()
        self._last: Any = None

    def __call__(self) -> memoryview:
        c = self._c
        source = c.g_mime_stream_mem_new()
        c.g_mime_stream_mem_set_byte_array(source, ctypes.byref(self._input))
        c.g_mime_stream_mem_set_owner(source, 0)
        parser = c.g_mime_parser_new_with_stream(source)
        parsed = c.g_mime_parser_construct_message(parser, None)
        self._edit(c.g_mime_message_get_mime_part(parsed))
        c.g_mime_object_prepend_header(parsed, *(text.encode() for text in _HANDLED), None)
        out = c.g_mime_stream_mem_new()
        c.g_mime_object_write_to_stream(parsed, self._newlines, out)
        for item in (parsed, parser, source, self._last):
            if item:
                c.g_object_unref(item)
        self._last = out  # what is returned lives in it until the next call
        array = c.g_mime_stream_mem_get_byte_array(out).contents
        return memoryview((ctypes.c_char * array.length).from_address(array.data)).cast("B")

    def _edit(self, part: Any) -> None:
        c = self._c
        if c.g_type_check_instance_is_a(part, self._multipart):
            for index in range(c.g_mime_multipart_get_count(part)):
                self._edit(c.g_mime_multipart_get_part(part, index))
            return
        if not c.g_type_check_instance_is_a(part, self._text) or c.g_mime_part_get_filename(part):
            return
        stream = c.g_mime_stream_mem_new()
        c.g_mime_data_wrapper_write_to_stream(c.g_mime_part_get_content(part), stream)
        array = c.g_mime_stream_mem_get_byte_array(stream).contents
        charset = (c.g_mime_text_part_get_charset(part) or b"us-ascii").decode()
        text = ctypes.string_at(array.data, array.length).decode(charset)
        c.g_object_unref(stream)
        if PLACEHOLDER not in text:
            return
        kind = c.g_mime_object_get_content_type(part)
        octets = _signed(text, c.g_mime_content_type_get_media_subtype(kind).decode()).encode(charset)
        stream = c.g_mime_stream_mem_new_with_buffer(octets, len(octets))
        content = c.g_mime_data_wrapper_new_with_stream(stream, _CONTENT_DEFAULT)
        c.g_mime_part_set_content(part, content)
        c.g_object_unref(content)
        c.g_object_unref(stream)


def through_ctypes(message: Message) -> Job:
    """Return the job as a C program would do it, but for the call of some thirty functions."""
    return _Library(message.data)
