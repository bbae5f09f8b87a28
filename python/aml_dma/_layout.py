# SPDX-License-Identifier: BSD-3-Clause
"""Layouts of Python objects: where the elements of a buffer lie."""

import ctypes
import functools
import re
import struct
import sys
import weakref

from . import _errors, _lib
from ._overlap import shares_memory

_FULL_RO = 0x011C  # PyBUF_FULL_RO: read-only is fine, any strides, with format


class _PyBuffer(ctypes.Structure):
    """Py_buffer of the stable ABI"""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]


# A handle of our own: the types of arguments belong to the handle, and ctypes.pythonapi is shared.
_api = ctypes.PyDLL(None)
_get_buffer = _api.PyObject_GetBuffer
_get_buffer.argtypes = (ctypes.py_object, ctypes.POINTER(_PyBuffer), ctypes.c_int)
_release_buffer = _api.PyBuffer_Release
_release_buffer.argtypes = (ctypes.POINTER(_PyBuffer),)
_release_buffer.restype = None

_KINDS = {
    **dict.fromkeys("bhilqn", "i"),
    **dict.fromkeys("BHILQNc", "u"),
    **dict.fromkeys("efdg", "f"),
    "?": "?",
}


# The common base of ctypes' types.
_CTYPES = ctypes.Array.__mro__[1]

_NATIVE = "<" if sys.byteorder == "little" else ">"
_TOKEN = re.compile("[@=<>!^]|:[^:]*:|.", re.DOTALL)
_TYPESTR = re.compile(r"(.)([a-zA-Z])(\d+)")
_ONE = re.compile(r"^([@=<>!^]?)1(?=\D)")  # NumPy counts a single character.
# Of 4 bytes. ctypes writes u for its wchar_t.
_CHARACTERS = "wu" if ctypes.sizeof(ctypes.c_wchar) == 4 else "w"


@functools.lru_cache(maxsize=256)
def _element_type(text, itemsize):
    """A format of the buffer protocol in a form in which equal types are equal: each number as its
    kind, its size and the order of its bytes. NumPy writes one type in several ways, depending on
    how it is aligned.
    """
    tokens = []
    mode, order = "@", _NATIVE
    for token in _TOKEN.findall(_ONE.sub(r"\1", text)):
        if token in "@=<>!^":
            mode = token
            order = {"<": "<", ">": ">", "!": ">"}.get(token, _NATIVE)
        elif token in _KINDS:
            try:
                size = struct.calcsize(mode.replace("^", "@") + token)
            except struct.error:  # only the native mode has it
                size = struct.calcsize("@" + token) if token in "nN" else token
            tokens.append((_KINDS[token], size, order if size != 1 else ""))
        elif token in _CHARACTERS:
            tokens.append(("w", order))
        else:
            tokens.append(token)
    if len(tokens) == 1 and isinstance(tokens[0], tuple) and len(tokens[0]) == 3:
        # ctypes writes <l for its long of 8 bytes.
        kind, _, order = tokens[0]
        return ((kind, itemsize, order if itemsize > 1 else ""),)
    return tuple(tokens)


def _has_objects(buffer):
    """Tell whether elements refer to Python objects: copies would not be counted."""
    exporter = type(buffer.obj)
    if issubclass(exporter, _CTYPES):
        # Its formats do not show the fields of unions and packed structures, and a name of a field
        # may have a colon.
        return _type_has_objects(exporter)
    # Names of fields stand between colons.
    return "O" in re.sub(":[^:]*:", "", buffer.format)


@functools.lru_cache(maxsize=256)
def _type_has_objects(kind):
    if issubclass(kind, ctypes.Array):
        return _type_has_objects(kind._type_)
    return issubclass(kind, ctypes.py_object) or any(
        _type_has_objects(field[1])
        for base in kind.__mro__
        for field in base.__dict__.get("_fields_", ())
    )


def _contiguous(shape, itemsize):
    """The strides of contiguous rows."""
    step, backwards = itemsize, []
    for extent in reversed(shape):
        backwards.append(step)
        step *= extent
    return tuple(reversed(backwards))


def _address(buffer):
    """The address of a memoryview's first element."""
    view = _PyBuffer()
    reference = ctypes.byref(view)
    try:
        _get_buffer(buffer, reference, _FULL_RO)
        return view.buf or 0
    finally:
        _release_buffer(reference)


class Layout:
    """Where the elements of an object lie: of anything with the buffer protocol, such as bytes,
    bytearray, memoryview, array.array, mmap and ctypes arrays, and of NumPy arrays.

    A layout holds the buffer, so that the object's memory stays and a bytearray cannot be resized.
    It lets go when it is released or collected. A copy in flight keeps its layouts.

    address, shape, strides (in bytes), itemsize, format and readonly describe the elements.
    """

    def __init__(self, obj):
        self._object = obj
        self._users = {}  # a weak reference to each pair in flight
        self._buffer = interface = None
        try:
            # It holds the buffer, and lets go of it without code of Python.
            self._buffer = memoryview(obj)
        except (TypeError, ValueError, BufferError):
            # NumPy has types without a format, such as datetime64.
            interface = getattr(obj, "__array_interface__", None)
            if interface is None:
                raise
        try:
            if interface is None:
                self._from_buffer(self._buffer)
            else:
                self._from_interface(obj, interface)
            if self.itemsize == 0:
                raise ValueError("the elements have no size")
            if len(self.shape) > _lib.NDIMS_MAX:
                raise ValueError(f"more than {_lib.NDIMS_MAX} dimensions")
        except BaseException:
            self._let_go()  # The traceback may stay.
            raise

    def _from_buffer(self, buffer):
        self.itemsize = buffer.itemsize
        self.shape = buffer.shape
        self.strides = buffer.strides
        self.format = buffer.format
        self.readonly = buffer.readonly
        self._type = _element_type(buffer.format, buffer.itemsize)
        if _has_objects(buffer):
            raise TypeError("elements that are Python objects cannot be copied")
        if any(offset >= 0 for offset in buffer.suboffsets):
            raise ValueError("the buffer has suboffsets: its rows lie behind pointers")
        self.address = _address(buffer)

    def _from_interface(self, obj, interface):
        """NumPy's array interface, version 3."""
        kind = interface["typestr"]
        if getattr(getattr(obj, "dtype", None), "hasobject", "O" in kind):
            raise TypeError("elements that are Python objects cannot be copied")
        data = interface.get("data")
        if not (isinstance(data, tuple) and len(data) == 2 and isinstance(data[0], int)):
            raise TypeError("'data' of __array_interface__ is not an address and a flag")
        self.address, self.readonly = data[0], bool(data[1])
        self.shape = tuple(interface["shape"])
        if not _TYPESTR.match(kind):
            raise TypeError(f"'typestr' of __array_interface__ is {kind!r}")
        order, letter, size = _TYPESTR.match(kind).groups()
        self.itemsize = int(size) * (4 if letter == "U" else 1)
        strides = interface.get("strides")
        if strides is None:
            strides = _contiguous(self.shape, self.itemsize)
        self.strides = tuple(strides)
        if len(self.strides) != len(self.shape):
            raise TypeError("'strides' of __array_interface__ are not as many as its 'shape'")
        self.format = kind
        if letter in "biuf":
            number = "?" if letter == "b" else letter
            self._type = ((number, self.itemsize, order if self.itemsize > 1 else ""),)
        else:
            self._type = (kind, str(interface.get("descr")))

    def release(self):
        """Let go of the buffer. The layout cannot be used any more. Raise BufferError while a copy
        of it is in flight.
        """
        if any(pair() is not None for pair in list(self._users.values())):
            raise BufferError("a copy of the layout is in flight")
        self._let_go()
        self._object = None

    def _let_go(self):
        """Let go of the buffer, but not of the object. May be called again."""
        self.address = None
        if self._buffer is not None:
            self._buffer.release()

    def __repr__(self):
        return (
            f"<aml_dma.Layout shape={self.shape} strides={self.strides} format={self.format!r}"
            f"{' readonly' if self.readonly else ''}>"
        )

    def _elements(self):
        count = 1
        for extent in self.shape:
            count *= extent
        return count


def _broadcast(src, shape):
    """The strides with which the source has the shape of the destination."""
    extents, steps = list(src.shape), list(src.strides)
    while len(extents) > len(shape) and extents[0] == 1:
        del extents[0], steps[0]
    missing = len(shape) - len(extents)
    if missing >= 0:
        extents, steps = [1] * missing + extents, [0] * missing + steps
    if missing < 0 or any(n not in (1, wanted) for n, wanted in zip(extents, shape)):
        raise ValueError(f"cannot broadcast the source's shape {src.shape} to {tuple(shape)}")
    return [0 if n == 1 else step for n, step in zip(extents, steps)]


class Pair:
    """A destination and a source that may be copied. Their buffers stay until end()."""

    def __init__(self, dst, src, raw):
        self._layouts = []
        self._owned = []
        try:
            self.dst = self._layout_of(dst)
            self.src = self._layout_of(src)
            self.steps = _check(self.dst, self.src, raw)
        except BaseException:
            self.end()
            raise

    def _layout_of(self, obj):
        if isinstance(obj, Layout):
            self._layouts.append(obj)
            obj._users[id(self)] = weakref.ref(self)
            return obj
        layout = Layout(obj)
        self._owned.append(layout)
        return layout

    def with_c_layouts(self, function):
        """Call `function(dst, src)` with layouts of the C library, which are gone afterwards."""
        dst, src = self.dst, self.src
        to, from_ = ctypes.c_void_p(), ctypes.c_void_p()
        try:
            _create(to, dst.address, dst.shape, dst.strides, dst.itemsize)
            _create(from_, src.address, dst.shape, self.steps, dst.itemsize)
            return function(to, from_)
        finally:
            _lib.layout_destroy(ctypes.byref(from_))
            _lib.layout_destroy(ctypes.byref(to))

    def end(self):
        """Let go of the buffers, but not of a layout that the caller made. May be called again.

        The objects themselves stay until the pair is collected: what happens then is theirs.
        """
        for layout in self._layouts:
            layout._users.pop(id(self), None)
        for layout in self._owned:
            layout._let_go()


def _check(dst, src, raw):
    """Raise an exception if the source cannot be copied to the destination. Otherwise return the
    source's strides in the destination's shape.
    """
    if dst.address is None or src.address is None:
        raise ValueError("the layout was released")
    if dst.readonly:
        raise ValueError("the destination is read-only")
    if dst.itemsize != src.itemsize or (not raw and dst._type != src._type):
        raise TypeError(
            f"elements of the source ({src.format!r}, {src.itemsize} bytes) are not those of the "
            f"destination ({dst.format!r}, {dst.itemsize} bytes)"
        )
    steps = _broadcast(src, dst.shape)
    if dst._elements() > 0:
        if any(n > 1 and step == 0 for n, step in zip(dst.shape, dst.strides)):
            raise ValueError("the destination has one element in several places")
        shared = shares_memory(dst, src)
        if shared is None:
            raise ValueError(
                "the source and the destination may share memory: it takes too long to find out"
            )
        if shared:
            raise ValueError("the source and the destination share memory")
    return steps


def _create(made, address, shape, steps, itemsize):
    """Make a layout of the C library. The caller destroys it."""
    n = len(shape) or 1
    dims = (ctypes.c_size_t * n)(*(shape or (1,)))
    # The stride of a dimension that has no second element may be any number.
    strides = (ctypes.c_ssize_t * n)(
        *((step if extent > 1 else itemsize for extent, step in zip(shape, steps)))
    )
    code = _lib.steps_create(
        ctypes.byref(made), address or None, _lib.ORDER_C, itemsize, n, dims, strides
    )
    if code:
        raise _errors.exception("layout", code)
