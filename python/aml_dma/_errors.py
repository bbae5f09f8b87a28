# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions for the codes of the C library."""

from . import _lib


class Error(RuntimeError):
    """A call of the library, or a copy, has failed. `code` is the negative code, -AML_E…."""

    def __init__(self, what, code):
        super().__init__(f"{what}: {_lib.strerror(code).decode()}")
        self.code = code


class BusyError(Error):
    """The engine's bound on unfinished copies, `max_unfinished`, leaves no room at present."""


def exception(what, code):
    """Return the exception for a negative code."""
    if code == _lib.ENOMEM:
        return MemoryError(f"{what}: {_lib.strerror(code).decode()}")
    if code == _lib.EBUSY:
        return BusyError(what, code)
    return Error(what, code)
