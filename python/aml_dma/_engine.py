# SPDX-License-Identifier: BSD-3-Clause
"""Engines and the copies in flight.

Every asynchronous copy is posted with a tag, and its completion goes to the engine's completion
queue. Threads that want completions stand in line. The first in line is the *reader*: it takes
completions from the queue, marks all copies as finished that these belong to, also those of others,
and rings the bells of the threads behind it, which sleep. A reader that sleeps in C always has a
copy of its own in flight, so it wakes up. Event loops read when the engine's descriptor is
readable, and do not sleep.

**No locks.** Python's signals bring exceptions and handlers between any two steps of the main
thread: a handler may copy and wait while its thread is in the middle of this file, and
KeyboardInterrupt may come before a `finally` is prepared. So there is no lock, flag or counter that
has to be put back. Instead:

- Shared state consists of dicts, sets and queues, and each step is one operation of them, which the
  interpreter does as a whole. A `try` begins before the first step, and its `finally` begins with
  the operation that undoes it, which also may find nothing to undo.
- What is done to a completion may be done again: the next reader begins with the completions that
  the last one took. A nested reader, in a signal handler, does the same.
- Who changes something and then looks, and who looks after announcing itself, see each other:
  "stand in line, then look whether the copy has finished"; "mark, then ring the bells of the line".
- The library itself stores whether it has posted a copy. A handle is destroyed with the last
  reference to it.

**Who keeps what.** A copy that was posted and has not finished is in Engine._pending and in
_in_flight, which keep its buffers and its engine. The user's code (callbacks, the end of the
objects that were copied) runs when its thread does not read.

**Callbacks** run in a thread of the package, which exists while there are copies with callbacks.
"""

import asyncio
import atexit
import collections
import ctypes
import itertools
import logging
import os
import queue
import threading
import time
import weakref
from _thread import start_new_thread

from . import _errors, _lib
from ._layout import Pair

# A thread that sleeps in C does not see Python's signals: the main thread looks at this interval.
_SIGNALS_NS = 50_000_000
# A second exception may come while the first one is dealt with, and a bell is not rung.
_LOOK_AGAIN_S = 1
_FOREVER_S = 10**9
_REAP_AT_ONCE = 64

_tags = itertools.count(1)
_in_flight = {}  # tag: Copy, of all engines
_engines = weakref.WeakSet()
_here = threading.local()  # .waiting: callbacks that wait for the one that runs; .serving


class Copy:
    """A copy in flight, returned by copy_async(). Any thread may use it.

    The buffers are kept until the copy has finished, also if this object is dropped.
    """

    def __init__(self, engine, pair):
        self._engine = engine
        self._pair = pair
        self._callbacks = {}  # entry: function. Who takes an entry out calls the function.
        self._awaits = {}  # future: its event loop
        self._result = None

    def done(self):
        """Tell whether the copy has finished or failed. Never waits."""
        if self._result is None:
            self._engine._read_now()
        return self._result is not None

    def wait(self, timeout=None):
        """Wait until the copy has finished. Raise Error if it failed, and TimeoutError if it has
        not finished after `timeout` seconds.
        """
        if self._result is None:
            deadline = None
            if timeout is not None and not timeout > _FOREVER_S:
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
        """Call `function(copy)` once when the copy has finished: at once if it has already (in a
        callback: after that), otherwise in the package's thread for callbacks. What it raises is
        logged.
        """
        if not callable(function):
            raise TypeError(f"a callback is called: {function!r} cannot be")
        if self._result is not None or self._engine._register(self, function):
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


def _call(function, copy, in_own_thread=False):
    """Call a callback, or after the one that runs in this thread: no recursion, however many."""
    waiting = getattr(_here, "waiting", None)
    if waiting is not None:
        waiting.append((function, copy))
        return
    waiting = _here.waiting = collections.deque([(function, copy)])
    try:
        while waiting:
            function, copy = waiting.popleft()
            try:
                function(copy)
            except BaseException as error:
                # In the user's thread, these are for the user: Ctrl-C, sys.exit().
                if not in_own_thread and isinstance(error, (KeyboardInterrupt, SystemExit)):
                    raise
                logging.getLogger("aml_dma").exception("in a callback of %r: %r", copy, function)
    finally:
        _here.waiting = None
        if waiting:
            _call(*waiting.popleft(), in_own_thread)


class _Place:
    """A thread's place in the line of an engine."""

    __slots__ = ("bell", "thread")

    def __init__(self):
        self.thread = threading.get_ident()
        self.bell = queue.SimpleQueue()

    def ring(self):
        if self.bell.empty():
            self.bell.put(None)

    def sleep(self, deadline):
        seconds = _LOOK_AGAIN_S
        if deadline is not None:
            seconds = min(seconds, max(0, (deadline - time.monotonic_ns()) / 1e9))
        try:
            self.bell.get(timeout=seconds)
        except queue.Empty:
            pass


def _until(deadline):
    """The deadline of a call of the C library that sleeps."""
    if deadline is None:
        deadline = _lib.NO_DEADLINE
    if threading.get_ident() == threading.main_thread().ident:
        deadline = min(deadline, time.monotonic_ns() + _SIGNALS_NS)
    return deadline


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
        if not 0 <= max_unfinished <= _lib.THREADS_AUTO:
            raise ValueError("max_unfinished is a number from 0 on")
        if name is not None:
            if not isinstance(name, str):
                raise TypeError("name is None or a str")
            if "\0" in name:
                raise ValueError("name has a null character")
        self._attr = _lib.Attr(size=ctypes.sizeof(_lib.Attr))
        self._attr.num_threads = _lib.THREADS_AUTO if threads is None else threads
        self._attr.max_unfinished = max_unfinished
        self._attr.name = None if name is None else name.encode()
        self._completions = (_lib.Completion * _REAP_AT_ONCE)()
        self._count = ctypes.c_size_t()
        self._closed = False
        self._handle = None
        self._begin()
        self._open()
        _engines.add(self)

    def _begin(self):
        """The state of an engine in which nothing happens, in a new process."""
        self._opening = threading.RLock()
        self._inside = set()  # a lock, held, for each call that may post or copy
        self._pending = {}  # tag: Copy
        self._line = {}  # the places, in order. The first one's thread reads.
        self._again = False  # a loop found a reader at work
        self._count.value = 0  # of the completions that were taken and not dealt with
        self._dropped = collections.deque()  # what has lost its use, with the user's objects
        self._watched = {}  # entry: the copy, for each callback to call in the thread
        self._calls = collections.deque()  # copies that have finished and have such callbacks
        self._serving = None  # a bell that rings when the thread for callbacks has ended
        self._starting = threading.RLock()
        self._loops = weakref.WeakKeyDictionary()  # loop: [awaited copies, descriptor, its end]

    def _open(self):
        if self._closed:
            raise RuntimeError("the engine is closed")
        handle = self._handle
        if handle is None:
            with self._opening:
                if self._handle is None:
                    handle = _lib.EngineHandle()
                    code = _lib.engine_create(ctypes.byref(handle), ctypes.byref(self._attr))
                    if code:
                        what = "engine (is AML_DMA_NUM_THREADS a number?)"
                        raise _errors.exception(what, code)
                    if self._handle is None:  # A signal handler may have been faster.
                        self._handle = handle
                handle = self._handle
        return handle

    def copy(self, dst, src, *, raw=False):
        """Copy `src` to `dst`, and wait. Other threads run meanwhile.

        raw=True: only the sizes of the elements must match, not their types.
        """
        pair = Pair(dst, src, raw)
        inside = threading.RLock()

        def copy(c_dst, c_src):
            with inside:
                self._inside.add(inside)
                return _lib.copy(self._open(), c_dst, c_src, None, None)

        try:
            code = pair.with_c_layouts(copy)
        finally:
            self._inside.discard(inside)
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
            self._read_now()
        copy = Copy(self, Pair(dst, src, raw))
        tag = next(_tags)
        post = _lib.PostAttr(size=ctypes.sizeof(_lib.PostAttr), flags=_lib.POST_REAP, tag=tag)
        unposted = ctypes.c_void_p(1)  # a handle, which the library makes NULL when it posts
        arguments = (1, ctypes.byref(post), ctypes.byref(unposted))
        inside = threading.RLock()

        def post_it(c_dst, c_src):
            post.dest, post.src = c_dst.value, c_src.value
            with inside:
                self._inside.add(inside)
                handle = self._open()
                _in_flight[tag] = self._pending[tag] = copy
                return _lib.post(handle, *arguments)

        try:
            code = copy._pair.with_c_layouts(post_it)
            if code:
                raise _errors.exception("copy", code)
        finally:
            if unposted.value is not None:
                self._finish(tag, copy, _lib.FAILURE)
                self._dropped.clear()
            self._inside.discard(inside)
        return copy

    def close(self):
        """Wait until every copy has finished, and end the workers. Callbacks are called. Further
        copies raise RuntimeError. Not in a callback that waits for others of this engine.
        """
        self._closed = True
        for call in list(self._inside):
            with call:  # Those of this thread, if this is a signal handler, do not continue.
                pass
        handle = self._handle
        if handle is not None:
            code = _lib.EBUSY
            while code == _lib.EBUSY:
                code = _lib.barrier_until(handle, _until(None), None)
            if code:
                raise _errors.exception("close", code)
            self._read(lambda: not self._pending, take=self._take_last)
            self._handle = handle = None
            self._ring()
        serving = self._serving
        if serving is not None and serving is not getattr(_here, "serving", None):
            serving.get()
            serving.put(None)
        self._run_callbacks()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    # The reader.

    def _read(self, ready, deadline=None, take=None):
        """Be the reader, or sleep behind it, until `ready()` is true. Return `ready()`: False only
        after the deadline.
        """
        place, take = _Place(), take or self._take
        late = False
        try:
            self._line[place] = None
            while not ready():
                handle = self._handle
                if handle is None or late:
                    break
                late = deadline is not None and time.monotonic_ns() >= deadline
                if self._is_reader(place):
                    take(handle, 0 if late else _until(deadline))
                else:
                    place.sleep(deadline)
        finally:
            self._line.pop(place, None)
            self._after_reading()
            if self._again:
                self._read_now()
        return ready()

    def _read_now(self):
        """Read what is there, without waiting, unless another thread reads."""
        again = True
        while again:
            handle, place = self._handle, _Place()
            again = False
            try:
                self._line[place] = None
                if handle is not None and self._is_reader(place):
                    self._again = False
                    self._take(handle, 0)
                    again = True
            finally:
                self._line.pop(place, None)
                self._after_reading()
            again = again and self._again

    def _is_reader(self, place):
        # The first place may be this thread's own, further down: this is a signal handler.
        # Without any, this is a forked child, by a signal handler.
        line = list(self._line)
        return not line or line[0].thread == place.thread

    def _after_reading(self):
        line = list(self._line)
        if line:
            line[0].ring()
        self._dropped.clear()

    def _ring(self):
        for place in list(self._line):
            place.ring()

    def _take(self, handle, deadline):
        """Take completions from the queue, the first after waiting for it until the deadline."""
        if self._mark():
            deadline = 0  # What the reader waits for may have been among them.
        full = True
        while full:
            code = _lib.reap(
                handle,
                _REAP_AT_ONCE,
                self._completions,
                0 if deadline == 0 else 1,
                deadline,
                ctypes.byref(self._count),
            )
            if handle.value is None:
                break  # A signal handler has forked, and this is the child.
            if code not in (_lib.SUCCESS, _lib.EBUSY):
                raise _errors.exception("reap", code)
            full = self._count.value == _REAP_AT_ONCE
            self._mark()
            deadline = 0

    def _take_last(self, handle, _deadline):
        """Everything has finished that was posted. What is left was not: an exception came first,
        and then a second one.
        """
        self._take(handle, 0)
        for tag, copy in list(self._pending.items()):
            self._finish(tag, copy, _lib.FAILURE)

    def _mark(self):
        """Mark the copies whose completions were taken. Return whether there were any."""
        if self._count.value == 0:
            return False
        try:
            self._mark_taken()
        except BaseException:
            self._mark_taken()
            raise
        self._ring()
        return True

    def _mark_taken(self):
        for completion in self._completions[: self._count.value]:
            copy = self._pending.get(completion.tag)
            if copy is not None:
                self._finish(completion.tag, copy, completion.result)
        self._count.value = 0

    def _finish(self, tag, copy, result):
        """May be done again if an exception ends it. The last step makes the copy unknown."""
        pair = copy._pair
        if pair is not None:
            pair.end()
            self._dropped.append(pair)
            copy._pair = None
        if copy._result is None:
            copy._result = result
        for future, loop in list(copy._awaits.items()):
            try:
                loop.call_soon_threadsafe(_set_done, future)
            except RuntimeError:
                pass  # The loop is closed: nobody awaits.
        copy._awaits.clear()
        if copy._callbacks:
            self._calls.append(copy)
        self._dropped.append(copy)
        _in_flight.pop(tag, None)
        self._pending.pop(tag, None)

    # The thread that exists while copies have callbacks.

    def _register(self, copy, function):
        """Have the callback called by the thread. Return True if the copy has finished meanwhile,
        and the caller is to call it.
        """
        entry = object()
        try:
            self._watched[entry] = copy
            copy._callbacks[entry] = function
            if copy._result is None:
                self._start_thread()
                return False
        except BaseException:
            if copy._callbacks.pop(entry, None) is not None:
                self._watched.pop(entry, None)
                raise
            return False  # Another thread of the package has called it.
        if copy._callbacks.pop(entry, None) is None:
            return False
        self._watched.pop(entry, None)
        return True

    def _start_thread(self):
        with self._starting:
            if self._serving is None or not self._serving.empty():
                serving = queue.SimpleQueue()
                # Thread.start() leaves its locks held if an exception comes in between.
                start_new_thread(self._serve, (serving,))
                self._serving = serving

    def _serve(self, serving):
        _here.serving = serving
        try:
            ended = False
            while not ended:
                self._read(lambda: self._calls or not self._has_watched())
                self._run_callbacks(in_own_thread=True)
                with self._starting:
                    ended = not self._calls and not self._has_watched()
                    if ended:
                        serving.put(None)
        finally:
            serving.put(None)

    def _has_watched(self):
        return self._handle is not None and any(
            copy._result is None for copy in list(self._watched.values())
        )

    def _run_callbacks(self, in_own_thread=False):
        while self._calls:
            try:
                copy = self._calls.popleft()
            except IndexError:
                break
            for entry in list(copy._callbacks):
                function = copy._callbacks.pop(entry, None)
                if function is not None:
                    self._watched.pop(entry, None)
                    _call(function, copy, in_own_thread)

    # Event loops.

    def _future_of(self, copy):
        """A future of the running event loop that is done when the copy is."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        handle = self._handle
        if handle is not None:
            self._watch(loop, handle)
            future.add_done_callback(lambda future: self._unwatch(loop, copy, future))
            copy._awaits[future] = loop
        if copy._result is not None:
            _set_done(future)
        return future

    def _watch(self, loop, handle):
        watch = self._loops.get(loop)
        if watch is None:
            descriptor = _lib.engine_eventfd(handle)
            if descriptor < 0:
                raise _errors.exception("descriptor", descriptor)
            # A descriptor of our own stays ours if the engine is closed first.
            descriptor = os.dup(descriptor)
            # The loop may end before what it awaits.
            end = weakref.finalize(loop, _close_descriptor, descriptor, os.getpid())
            watch = self._loops[loop] = [0, descriptor, end]
            loop.add_reader(descriptor, self._loop_is_readable, descriptor)
        watch[0] += 1

    def _unwatch(self, loop, copy, future):
        copy._awaits.pop(future, None)
        watch = self._loops.get(loop)
        if watch is None:
            return
        watch[0] -= 1
        if watch[0] == 0:
            del self._loops[loop]
            loop.remove_reader(watch[1])
            watch[2]()

    def _loop_is_readable(self, descriptor):
        try:
            os.read(descriptor, 8)
        except BlockingIOError:
            pass  # Another loop was first.
        # A reader that has looked before looks again when it has left the line.
        self._again = True
        self._read_now()

    # Processes.

    def _after_fork_in_child(self):
        pending = list(self._pending.items())
        if self._handle is not None:
            self._handle.value = None  # the parent's engine; its workers do not exist here
            self._handle = None
        self._begin()
        for tag, copy in pending:
            copy._callbacks, copy._awaits = {}, {}  # they are called in the parent only
            self._finish(tag, copy, _lib.FAILURE)
        self._dropped.clear()


def _set_done(future):
    if not future.done():
        future.set_result(None)


def _close_descriptor(descriptor, process):
    if os.getpid() == process:
        os.close(descriptor)


_default = None
_default_lock = threading.RLock()


def default_engine():
    """Return the engine that copy() and copy_async() of the module use."""
    global _default
    if _default is None:
        with _default_lock:
            if _default is None:
                engine = Engine()
                if _default is None:  # A signal handler may have been faster.
                    _default = engine
    return _default


def copy(dst, src, *, raw=False):
    """Engine.copy() of the default engine."""
    default_engine().copy(dst, src, raw=raw)


def copy_async(dst, src, *, raw=False):
    """Engine.copy_async() of the default engine."""
    return default_engine().copy_async(dst, src, raw=raw)


def _after_fork_in_child():
    global _default_lock
    _default_lock = threading.RLock()
    for engine in list(_engines):
        engine._after_fork_in_child()
    _in_flight.clear()


def _at_exit():
    for engine in list(_engines):
        try:
            engine.close()
        except Exception:
            logging.getLogger("aml_dma").exception("at the end of the interpreter: %r", engine)


os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
