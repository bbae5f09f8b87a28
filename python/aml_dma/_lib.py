# SPDX-License-Identifier: BSD-3-Clause
"""The functions and structures of the C library that the package uses, by ctypes.

ctypes releases the GIL around every call here.
"""

import ctypes
import ctypes.util
import os

SUCCESS = 0
FAILURE = -1
ENOMEM = -2
EINVAL = -3
EDOM = -4
ENOTSUP = -5
EBUSY = -6
EPERM = -7

NO_DEADLINE = 2**64 - 1
NDIMS_MAX = 64
THREADS_AUTO = ctypes.c_size_t(-1).value
ORDER_C = 1
POST_REAP = 0x10

# The interface that the structures below are written for.
_SONAME = "libaml-dma.so.1"


class Attr(ctypes.Structure):
    """struct aml_dma_linux_attr"""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("num_threads", ctypes.c_size_t),
        ("cpus", ctypes.c_void_p),
        ("cpus_size", ctypes.c_size_t),
        ("flags", ctypes.c_uint),
        ("reserved", ctypes.c_uint),
        ("name", ctypes.c_char_p),
        ("max_unfinished", ctypes.c_size_t),
        ("stack_size", ctypes.c_size_t),
    ]


class PostAttr(ctypes.Structure):
    """struct aml_dma_post_attr"""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("dest", ctypes.c_void_p),
        ("src", ctypes.c_void_p),
        ("op", ctypes.c_void_p),
        ("op_arg", ctypes.c_void_p),
        ("flags", ctypes.c_uint),
        ("reserved", ctypes.c_uint),
        ("nafter", ctypes.c_size_t),
        ("after", ctypes.c_void_p),
        ("callback", ctypes.c_void_p),
        ("callback_arg", ctypes.c_void_p),
        ("tag", ctypes.c_uint64),
        ("label", ctypes.c_char_p),
    ]


class Completion(ctypes.Structure):
    """struct aml_dma_completion"""

    _fields_ = [
        ("tag", ctypes.c_uint64),
        ("result", ctypes.c_int),
        ("reserved", ctypes.c_int),
    ]


def _load():
    path = os.environ.get("AML_DMA_LIBRARY")
    try:
        return ctypes.CDLL(path or _SONAME)
    except OSError as error:
        if path:
            raise ImportError(f"AML_DMA_LIBRARY: {error}") from None
        if ctypes.util.find_library("aml-dma") == _SONAME:
            raise ImportError(str(error)) from None
        raise ImportError(
            f"{error}. Install libaml-dma and run ldconfig, or set AML_DMA_LIBRARY to the path of "
            f"{_SONAME}"
        ) from None


_library = _load()


def _declare(name, result, *arguments):
    try:
        function = getattr(_library, name)
    except AttributeError as error:
        raise ImportError(f"not the libaml-dma that this package needs: {error}") from None
    function.restype = result
    function.argtypes = arguments
    return function


_pointer = ctypes.c_void_p
_reference = ctypes.POINTER(ctypes.c_void_p)
_size = ctypes.c_size_t

strerror = _declare("aml_strerror", ctypes.c_char_p, ctypes.c_int)
layout_destroy = _declare("aml_layout_destroy", None, _reference)
steps_create = _declare(
    "aml_layout_steps_create",
    ctypes.c_int,
    _reference,
    _pointer,
    ctypes.c_int,
    _size,
    _size,
    ctypes.POINTER(ctypes.c_size_t),
    ctypes.POINTER(ctypes.c_ssize_t),
)
engine_create = _declare(
    "aml_dma_linux_create_attr", ctypes.c_int, _reference, ctypes.POINTER(Attr)
)
engine_destroy = _declare("aml_dma_linux_destroy", ctypes.c_int, _reference)
barrier_until = _declare(
    "aml_dma_barrier_until",
    ctypes.c_int,
    _pointer,
    ctypes.c_uint64,
    ctypes.POINTER(ctypes.c_int),
)
engine_eventfd = _declare("aml_dma_linux_eventfd", ctypes.c_int, _pointer)
copy = _declare(
    "aml_dma_copy_custom", ctypes.c_int, _pointer, _pointer, _pointer, _pointer, _pointer
)
post = _declare(
    "aml_dma_post", ctypes.c_int, _pointer, _size, ctypes.POINTER(PostAttr), _pointer
)
reap = _declare(
    "aml_dma_reap",
    ctypes.c_int,
    _pointer,
    _size,
    ctypes.POINTER(Completion),
    _size,
    ctypes.c_uint64,
    ctypes.POINTER(ctypes.c_size_t),
)



class EngineHandle(ctypes.c_void_p):
    """struct aml_dma *, destroyed with the last reference: also a call that uses it is one"""

    def __del__(self):
        engine_destroy(ctypes.byref(self))


library_version = ctypes.c_char_p.in_dll(_library, "aml_version_string").value.decode()
