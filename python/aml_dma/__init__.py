# SPDX-License-Identifier: BSD-3-Clause
"""Asynchronous copies between arrays and other buffers, by the C library libaml-dma.

    aml_dma.copy(dst, src)                  # copy, and wait
    pending = aml_dma.copy_async(dst, src)  # copy in the background
    pending.wait()
    await aml_dma.copy_async(dst, src)      # in asyncio

dst and src are objects with the buffer protocol or NumPy arrays, of any strides. The source is
broadcast to the shape of the destination. An Engine has workers of its own.
"""

from ._engine import Copy, Engine, copy, copy_async, default_engine
from ._errors import BusyError, Error
from ._layout import Layout
from ._lib import library_version
from ._version import __version__

__all__ = [
    "BusyError",
    "Copy",
    "Engine",
    "Error",
    "Layout",
    "copy",
    "copy_async",
    "default_engine",
    "library_version",
]
