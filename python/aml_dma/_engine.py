# SPDX-License-Identifier: BSD-3-Clause
"""Engines and the copies in flight.

Every asynchronous copy is posted with a tag, and its completion goes to the engine's completion
queue. One thread at a time is the queue's *reader*: a thread that waits for a copy, the thread that
exists while copies have callbacks, or an event loop when the engine's descriptor is readable. The
reader marks all copies as finished whose completions it takes, also those of others, and wakes who
waits for them. A thread that finds a reader waits until that one has resigned. A reader that sleeps
always has a copy of its own in flight, so it wakes up.

Invariants: a copy that was posted and has not finished is in Engine._pending, which keeps its
buffers. An engine with such copies is in _busy, so that it is not collected. Callbacks run without
the lock, after the reader has resigned, so that they may wait.
"""

import asyncio
import atexit
import collections
import ctypes
import logging
import os
import threading
import time
import weakref

from . import _errors, _lib
from ._layout import Pair

# A thread that sleeps in C does not see Python's signals: the main thread looks at this interval.
_SIGNALS_NS = 50_000_000
_REAP_AT_ONCE = 64

_busy = set()
_engines = weakref.WeakSet()


class Copy:
    """A copy in flight, returned by copy_async(). Any thread may use it.

    The buffers are kept until the copy has finished, also if this object is dropped.
    """

    def __init__(self, engine, pair):
        self._engine = engine
        self._pair = pair
        self._callbacks = []  # (function, whether the thread is needed for it)
        self._result = None

    def done(self):
        """Tell whether the copy has finished or failed. Never waits."""
        if self._result is None:
            self._engine._read(lambda: self._result is not None, block=False)
        return self._result is not None

    def wait(self, timeout=None):
        """Wait until the copy has finished. Raise Error if it failed, and TimeoutError if it has
        not finished after `timeout` seconds.
        """
        if self._result is None:
            deadline = None
            if timeout is not None:
                deadline = time.monotonic_ns() + max(0, int(timeout * 1e9))
            if not self._engine._read(lambda: self._result is not None, deadline):
                raise TimeoutError("the copy has not finished")
        self._raise_failure()

    def exception(self, timeout=None):
        """Wait as wait() does. Return the exception of a copy that failed, or None."""
        try:
            self.wait(timeout)
        except (_errors.Error, MemoryError) as failure:
            return failure
        return None

    def add_done_callback(self, function):
        """Call `function(copy)` once when the copy has finished: at once if it has already,
        otherwise in the thread that learns of it. What it raises is logged.
        """
        with self._engine._condition:
            if self._result is None:
                self._callbacks.append((function, True))
                self._engine._watch_locked()
                return
        _call(function, self)

    def __await__(self):
        if not self.done():
            yield from self._engine._future_of(self).__await__()
        self._raise_failure()

    def __repr__(self):
        state = {None: "pending", 0: "finished"}.get(self._result, "failed")
        return f"<aml_dma.Copy {state}>"

    def _raise_failure(self):
        if self._result:
            raise _errors.exception("copy", self._result)

    def _finish_locked(self, result):
        """Mark as finished, and return what the engine has to call."""
        if self._result is not None:
            return []
        self._result = result
        self._pair.end()
        functions, self._callbacks = self._callbacks, []
        self._engine._watched -= sum(watched for _, watched in functions)
        return [(function, self) for function, _ in functions]


def _call(function, copy):
    try:
        function(copy)
    except Exception:
        logging.getLogger("aml_dma").exception("in a callback of %r: %r", copy, function)


class Engine:
    """An engine: workers that copy. Any thread may use it.

    threads: the number of workers. None: as many as CPUs may be used, or AML_DMA_NUM_THREADS.
    With 0, copies are made by the threads that wait, and are not to be awaited.
    max_unfinished: copy_async() raises BusyError while this many are unfinished. 0: no bound.
    name: the name of the workers.

    close(), the end of a with block, and the end of the interpreter wait for what was posted. In a
    forked child the parent's copies count as failed, and the engine gets workers of its own when it
    is used first.
    """

    def __init__(self, threads=None, *, max_unfinished=0, name=None):
        if threads is not None and not 0 <= threads < _lib.THREADS_AUTO:
            raise ValueError("threads is None or a number from 0 on")
        self._attr = _lib.Attr(size=ctypes.sizeof(_lib.Attr))
        self._attr.num_threads = _lib.THREADS_AUTO if threads is None else threads
        self._attr.max_unfinished = max_unfinished
        self._attr.name = None if name is None else name.encode()
        self._completions = (_lib.Completion * _REAP_AT_ONCE)()
        self._count = ctypes.c_size_t()
        self._closed = False
        self._handle = None
        self._tag = 0
        self._begin()
        with self._condition:
            self._open_locked()
        _engines.add(self)

    def _begin(self):
        """The state of an engine in which nothing happens, in a new process."""
        # Reentrant: a signal handler may ask for a copy while its thread is here.
        self._condition = threading.Condition(threading.RLock())
        self._pending = {}
        self._inside = 0  # calls of the C library that use the handle
        self._reading = False
        self._again = False  # something came while a reader was at work
        self._taken = 0  # of the completions in the array, those that were dealt with
        self._count.value = 0
        self._calls = collections.deque()  # callbacks to call
        self._watched = 0  # callbacks that need the thread
        self._thread = None
        self._loops = weakref.WeakKeyDictionary()  # loop: [awaited copies, descriptor]

    def _open_locked(self):
        if self._closed:
            raise RuntimeError("the engine is closed")
        if self._handle is None:
            handle = ctypes.c_void_p()
            code = _lib.engine_create(ctypes.byref(handle), ctypes.byref(self._attr))
            if code:
                raise _errors.exception("engine (is AML_DMA_NUM_THREADS a number?)", code)
            self._handle = handle
        return self._handle

    def copy(self, dst, src, *, raw=False):
        """Copy `src` to `dst`, and wait. Other threads run meanwhile.

        raw=True: only the sizes of the elements must match, not their types.
        """
        pair = Pair(dst, src, raw)
        try:
            with self._condition:
                handle = self._open_locked()
                self._inside += 1
            try:
                code = pair.with_c_layouts(lambda d, s: _lib.copy(handle, d, s, None, None))
            finally:
                with self._condition:
                    self._inside -= 1
                    self._condition.notify_all()
        finally:
            pair.end()
        if code:
            raise _errors.exception("copy", code)

    def copy_async(self, dst, src, *, raw=False):
        """Begin to copy `src` to `dst`, and return a Copy. The caller must not write to either, nor
        read `dst`, until the copy has finished. What cannot be copied is reported by this call.

        raw=True: only the sizes of the elements must match, not their types.
        """
        # Let go of buffers whose copies nobody asks for. Without workers this would make copies.
        if self._pending and self._attr.num_threads != 0:
            self._read(lambda: False, block=False)
        copy = Copy(self, Pair(dst, src, raw))
        posted = False

        def post(c_dst, c_src):
            nonlocal posted
            attr = _lib.PostAttr(size=ctypes.sizeof(_lib.PostAttr), flags=_lib.POST_REAP)
            attr.dest, attr.src, attr.tag = c_dst, c_src, tag
            # KeyboardInterrupt may come at once after the call: then the copy counts as posted.
            posted = True
            code = _lib.post(handle, 1, ctypes.byref(attr), None)
            posted = code == _lib.SUCCESS
            return code

        try:
            with self._condition:
                handle = self._open_locked()
                self._inside += 1
                self._tag += 1
                tag = self._tag
                self._pending[tag] = copy
                _busy.add(self)
            try:
                code = copy._pair.with_c_layouts(post)
                if code:
                    raise _errors.exception("copy", code)
            finally:
                with self._condition:
                    self._inside -= 1
                    if not posted:
                        self._forget_locked(tag)
                    self._condition.notify_all()
        finally:
            if not posted:
                copy._pair.end()
        return copy

    def close(self):
        """Wait until every copy has finished, and end the workers. Callbacks are called. Further
        copies raise RuntimeError. Not in a callback that waits for others of this engine.
        """
        with self._condition:
            self._closed = True
        self._read(lambda: not self._pending)
        with self._condition:
            while self._reading or self._inside:
                self._condition.wait()
            thread, handle, self._handle = self._thread, self._handle, None
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        if handle is not None:
            code = _lib.engine_destroy(ctypes.byref(handle))
            if code:
                raise _errors.exception("close", code)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __del__(self):
        # An engine with copies in flight is not collected: nothing to wait for.
        handle = getattr(self, "_handle", None)
        if handle is not None:
            self._handle = None
            _lib.engine_destroy(ctypes.byref(handle))

    def _forget_locked(self, tag):
        self._pending.pop(tag, None)
        if not self._pending:
            _busy.discard(self)
            self._condition.notify_all()

    # The reader.

    def _read(self, ready, deadline=None, block=True):
        """Be the reader, or wait for another one, until `ready()` is true. Return `ready()`: False
        only after the deadline, or without `block`.
        """
        while True:
            with self._condition:
                if ready():
                    return True
                if self._handle is None:
                    return False
                if self._reading:
                    if not block:
                        self._again = True
                        return False
                    seconds = None
                    if deadline is not None:
                        seconds = (deadline - time.monotonic_ns()) / 1e9
                        if seconds <= 0:
                            return False
                    self._condition.wait(seconds)
                    continue
                self._reading = True
            self._read_as_reader(deadline if block else 0)
            if not block or (deadline is not None and time.monotonic_ns() >= deadline):
                with self._condition:
                    return ready()

    def _read_as_reader(self, deadline):
        try:
            self._take(deadline)
            while True:
                with self._condition:
                    if not self._again:
                        self._resign_locked()
                        break
                    self._again = False
                self._take(0)
        except BaseException:
            with self._condition:
                self._resign_locked()
            raise
        while self._calls:
            try:
                function, copy = self._calls.popleft()
            except IndexError:
                break
            _call(function, copy)

    def _resign_locked(self):
        self._reading = False
        self._condition.notify_all()

    def _take(self, deadline):
        """Take completions from the queue. An exception in between, such as KeyboardInterrupt,
        leaves the rest of them to the next reader.
        """
        self._deal_with_completions()
        if deadline is None:
            deadline = _lib.NO_DEADLINE
        if deadline != 0 and threading.current_thread() is threading.main_thread():
            deadline = min(deadline, time.monotonic_ns() + _SIGNALS_NS)
        while True:
            self._count.value = self._taken = 0
            code = _lib.reap(
                self._handle,
                _REAP_AT_ONCE,
                self._completions,
                0 if deadline == 0 else 1,
                deadline,
                ctypes.byref(self._count),
            )
            if code not in (_lib.SUCCESS, _lib.EBUSY):
                raise _errors.exception("reap", code)
            full = self._count.value == _REAP_AT_ONCE
            self._deal_with_completions()
            if not full:
                break
            deadline = 0

    def _deal_with_completions(self):
        while self._taken < self._count.value:
            completion = self._completions[self._taken]
            with self._condition:
                copy = self._pending.get(completion.tag)
                if copy is not None:
                    self._calls.extend(copy._finish_locked(completion.result))
                    self._forget_locked(completion.tag)
                self._taken += 1

    # The thread that exists while copies have callbacks.

    def _watch_locked(self):
        self._watched += 1
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._watch_until_none, name="aml-dma callbacks", daemon=True
            )
            self._thread.start()

    def _watch_until_none(self):
        while True:
            self._read(lambda: self._watched == 0)
            with self._condition:
                if self._watched == 0:
                    self._thread = None
                    return

    # Event loops.

    def _future_of(self, copy):
        """A future of the running event loop that is done when the copy is."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def set_done():
            if not future.done():
                future.set_result(None)

        def tell_loop(_copy):
            try:
                loop.call_soon_threadsafe(set_done)
            except RuntimeError:
                pass  # The loop is closed: nobody awaits.

        with self._condition:
            if copy._result is not None:
                future.set_result(None)
                return future
            watch = self._loops.get(loop)
            if watch is None:
                descriptor = _lib.engine_eventfd(self._handle)
                if descriptor < 0:
                    raise _errors.exception("descriptor", descriptor)
                # A descriptor of our own stays ours if the engine is closed first.
                watch = self._loops[loop] = [0, os.dup(descriptor)]
                loop.add_reader(watch[1], self._loop_is_readable, watch[1])
            watch[0] += 1
            copy._callbacks.append((tell_loop, False))
        future.add_done_callback(lambda _future: self._unwatch(loop))
        return future

    def _unwatch(self, loop):
        with self._condition:
            watch = self._loops.get(loop)
            if watch is None:
                return
            watch[0] -= 1
            if watch[0] > 0:
                return
            del self._loops[loop]
        loop.remove_reader(watch[1])
        os.close(watch[1])

    def _loop_is_readable(self, descriptor):
        try:
            os.read(descriptor, 8)
        except BlockingIOError:
            pass  # Another loop was first.
        self._read(lambda: False, block=False)

    # Processes.

    def _after_fork_in_child(self):
        pending = list(self._pending.values())
        self._handle = None  # the parent's engine; its workers do not exist here
        self._begin()
        for copy in pending:
            copy._callbacks = []  # they are called in the parent only
            copy._finish_locked(_lib.FAILURE)


_default = None
_default_lock = threading.Lock()


def default_engine():
    """Return the engine that copy() and copy_async() of the module use."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Engine()
        return _default


def copy(dst, src, *, raw=False):
    """Engine.copy() of the default engine."""
    default_engine().copy(dst, src, raw=raw)


def copy_async(dst, src, *, raw=False):
    """Engine.copy_async() of the default engine."""
    return default_engine().copy_async(dst, src, raw=raw)


def _after_fork_in_child():
    global _default_lock
    _default_lock = threading.Lock()
    _busy.clear()
    for engine in list(_engines):
        engine._after_fork_in_child()


def _at_exit():
    for engine in list(_engines):
        engine.close()


os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
