# SPDX-License-Identifier: BSD-3-Clause
"""Layouts of Python objects: where the elements of a buffer lie."""

import ctypes
import functools
import re
import struct
import sys

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


_NATIVE = "<" if sys.byteorder == "little" else ">"
_TOKEN = re.compile("[@=<>!^]|:[^:]*:|.", re.DOTALL)


@functools.lru_cache(maxsize=256)
def _element_type(text, itemsize):
    """A format of the buffer protocol in a form in which equal types are equal: each number as its
    kind, its size and the order of its bytes. NumPy writes one type in several ways, depending on
    how it is aligned.
    """
    tokens = []
    mode, order = "@", _NATIVE
    for token in _TOKEN.findall(text):
        if token in "@=<>!^":
            mode = token
            order = {"<": "<", ">": ">", "!": ">"}.get(token, _NATIVE)
        elif token in _KINDS:
            try:
                size = struct.calcsize(mode.replace("^", "@") + token)
            except struct.error:  # only the native mode has it
                size = struct.calcsize("@" + token) if token in "nN" else token
            tokens.append((_KINDS[token], size, order if size != 1 else ""))
        elif token in "wU":
            tokens.append((token, order))
        else:
            tokens.append(token)
    if len(tokens) == 1 and isinstance(tokens[0], tuple) and len(tokens[0]) == 3:
        # ctypes writes <l for its long of 8 bytes.
        kind, _, order = tokens[0]
        return ((kind, itemsize, order if itemsize > 1 else ""),)
    return tuple(tokens)


def _contiguous(shape, itemsize):
    """The strides of contiguous rows."""
    step, backwards = itemsize, []
    for extent in reversed(shape):
        backwards.append(step)
        step *= extent
    return tuple(reversed(backwards))


class Layout:
    """Where the elements of an object lie: of anything with the buffer protocol, such as bytes,
    bytearray, memoryview, array.array, mmap and ctypes arrays, and of NumPy arrays.

    A layout holds the buffer, so that the object's memory stays and a bytearray cannot be resized.
    It lets go when it is released or collected. A copy in flight keeps its layouts.

    address, shape, strides (in bytes), itemsize, format and readonly describe the elements.
    """

    def __init__(self, obj):
        self._view = self._keep = None
        self._users = []  # one element for each copy in flight: append() and pop() are atomic
        try:
            view = _PyBuffer()
            _get_buffer(obj, ctypes.byref(view), _FULL_RO)
        except (TypeError, ValueError, BufferError):
            # NumPy has types without a format, such as datetime64.
            interface = getattr(obj, "__array_interface__", None)
            if interface is None:
                raise
            self._from_interface(obj, interface)
        else:
            self._view = view
            self._from_view(view)
        if self.itemsize == 0:
            self.release()
            raise ValueError("the elements have no size")
        if len(self.shape) > _lib.NDIMS_MAX:
            self.release()
            raise ValueError(f"more than {_lib.NDIMS_MAX} dimensions")

    def _from_view(self, view):
        text = (view.format or b"B").decode()
        self.address = view.buf or 0
        self.itemsize = view.itemsize
        self.shape = tuple(view.shape[: view.ndim]) if view.ndim else ()
        # ctypes leaves the strides out, which the protocol does not allow.
        if view.strides:
            self.strides = tuple(view.strides[: view.ndim])
        else:
            self.strides = _contiguous(self.shape, self.itemsize)
        self.format = text
        self.readonly = bool(view.readonly)
        self._type = _element_type(text, view.itemsize)
        indirect = view.suboffsets and any(s >= 0 for s in view.suboffsets[: view.ndim])
        # Names of fields stand between colons.
        objects = "O" in re.sub(":[^:]*:", "", text)
        if indirect or objects:
            self.release()
            if objects:
                raise TypeError("elements that are Python objects cannot be copied")
            raise ValueError("the buffer has suboffsets: its rows lie behind pointers")

    def _from_interface(self, obj, interface):
        if getattr(getattr(obj, "dtype", None), "hasobject", "O" in interface["typestr"]):
            raise TypeError("elements that are Python objects cannot be copied")
        self._keep = obj
        self.address, self.readonly = interface["data"]
        self.shape = tuple(interface["shape"])
        self.itemsize = int(re.sub(r"^.[a-zA-Z](\d+).*$", r"\1", interface["typestr"]))
        if interface["typestr"][1] == "U":
            self.itemsize *= 4
        strides = interface.get("strides")
        if strides is None:
            strides = _contiguous(self.shape, self.itemsize)
        self.strides = tuple(strides)
        self.format = interface["typestr"]
        self._type = (interface["typestr"], str(interface.get("descr")))

    def release(self):
        """Let go of the buffer. The layout cannot be used any more. Raise BufferError while a copy
        of it is in flight.
        """
        if self._users:
            raise BufferError("a copy of the layout is in flight")
        view, self._view = self._view, None
        self.address, self._keep = None, None
        if view is not None:
            _release_buffer(ctypes.byref(view))

    def __del__(self):
        if getattr(self, "_view", None) is not None:
            self.release()

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
        self._owned = []
        self._used = []
        try:
            self.dst = self._layout_of(dst)
            self.src = self._layout_of(src)
            self.steps = _check(self.dst, self.src, raw)
        except BaseException:
            self.end()
            raise

    def _layout_of(self, obj):
        layout = obj
        if not isinstance(obj, Layout):
            layout = Layout(obj)
            self._owned.append(layout)
        layout._users.append(None)
        self._used.append(layout)
        return layout

    def with_c_layouts(self, function):
        """Call `function(dst, src)` with layouts of the C library, which are gone afterwards."""
        dst, src = self.dst, self.src
        to = _c_layout(dst.address, dst.shape, dst.strides, dst.itemsize)
        try:
            from_ = _c_layout(src.address, dst.shape, self.steps, dst.itemsize)
            try:
                return function(to, from_)
            finally:
                _lib.layout_destroy(ctypes.byref(from_))
        finally:
            _lib.layout_destroy(ctypes.byref(to))

    def end(self):
        """Let go of the buffers, but not of a layout that the caller made."""
        while self._used:
            self._used.pop()._users.pop()
        while self._owned:
            self._owned.pop().release()
        self.dst = self.src = None


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
        if shares_memory(dst, src):
            raise ValueError("the source and the destination share memory")
    return steps


def _c_layout(address, shape, steps, itemsize):
    """Make a layout of the C library. The caller destroys it."""
    made = ctypes.c_void_p()
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
    return made
