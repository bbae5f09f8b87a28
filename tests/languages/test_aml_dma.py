# SPDX-License-Identifier: BSD-3-Clause
"""Tests of the Python package. Expected contents come from NumPy's assignment or from plain loops.

Copies are held back by engines without workers, which copy only in a thread that waits, or by gates
that occupy workers. AML_TEST_NUMPY=no runs the tests without NumPy.
"""

import array
import asyncio
import ctypes
import ctypes.util
import gc
import itertools
import logging
import mmap
import os
import random
import select
import signal
import subprocess
import sys
import textwrap
import threading
import types
import unittest
import unittest.mock
import warnings
import weakref

if os.environ.get("AML_TEST_NUMPY") == "no":
    sys.modules["numpy"] = None
try:
    import numpy
except ImportError:
    numpy = None

import aml_dma
from aml_dma import _lib
from aml_dma._engine import _in_flight, _tags
from aml_dma._layout import Pair
from aml_dma._overlap import shares_memory

needs_numpy = unittest.skipIf(numpy is None, "NumPy is missing")


class Stats(ctypes.Structure):
    """The begin of struct aml_dma_linux_stats"""

    _fields_ = [("size", ctypes.c_size_t)] + [
        (name, ctypes.c_uint64) for name in "posted finished failed cancelled".split()
    ]
    _fields_ += [("rest", ctypes.c_uint64 * (6 + 128))]


def posted(engine):
    """How many requests were posted to the engine."""
    stats = Stats(size=ctypes.sizeof(Stats))
    _lib._library.aml_dma_linux_statistics(engine._handle, ctypes.byref(stats))
    return stats.posted


class Gated:
    """A copy in flight whose operator ends when open() was called."""

    _operator = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)

    def __init__(self, engine):
        self._began, self._gate = threading.Semaphore(0), threading.Semaphore(0)
        self._function = self._operator(self._run)
        self.copy = aml_dma.Copy(engine, Pair(bytearray(1), b"1", False))
        tag = next(_tags)
        _in_flight[tag] = engine._pending[tag] = self.copy
        post = _lib.PostAttr(size=ctypes.sizeof(_lib.PostAttr), flags=_lib.POST_REAP, tag=tag)
        post.op = ctypes.cast(self._function, ctypes.c_void_p)
        assert _lib.post(engine._handle, 1, ctypes.byref(post), None) == 0

    def _run(self, _dst, _src, _arg):
        self._began.release()
        self._gate.acquire()
        return 0

    def wait_until_it_runs(self):
        self._began.acquire()

    def open(self):
        self._gate.release()


def in_thread(function):
    """Call the function in another thread, and wait for its end."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def signal_when_waiting(engine, number):
    """Send a signal to the process, from a thread, once a thread waits. Returns the thread."""

    def send():
        while not engine._line:
            pass
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def cancel_all(engine):
    """Let every copy fail that has not begun."""
    assert _lib._library.aml_dma_cancel_all(engine._handle, None) == 0


class TestOverlap(unittest.TestCase):
    def test_as_a_set_of_bytes(self):
        """Contract of shares_memory(): False exactly if no byte is in both."""
        rng = random.Random(20261129)

        def some():
            n = rng.randrange(0, 4)
            return types.SimpleNamespace(
                address=1000 + rng.randrange(40),
                itemsize=rng.choice((1, 2, 3, 8)),
                shape=tuple(rng.randrange(1, 5) for _ in range(n)),
                strides=tuple(rng.randrange(-24, 25) for _ in range(n)),
            )

        def bytes_of(layout):
            return {
                layout.address + sum(c * s for c, s in zip(coords, layout.strides)) + k
                for coords in itertools.product(*map(range, layout.shape))
                for k in range(layout.itemsize)
            }

        answers = set()
        for case in range(1500):
            one, two = some(), some()
            expected = bool(bytes_of(one) & bytes_of(two))
            answers.add(expected)
            self.assertEqual(shares_memory(one, two), expected, f"case {case}: {one} {two}")
        self.assertEqual(answers, {True, False})

    def test_long_arrays_with_steps(self):
        """Steps with a common divisor, and more elements than the search looks at."""

        def every(step, begin, n=10**7):
            return types.SimpleNamespace(address=begin, itemsize=1, shape=(n,), strides=(step,))

        self.assertIs(shares_memory(every(4, 0), every(2, 1)), False)
        self.assertIs(shares_memory(every(4, 0), every(-2, 10**7 + 1)), False)
        self.assertIs(shares_memory(every(6, 0), every(9, 1)), False)
        self.assertIs(shares_memory(every(4, 0), every(2, 2)), True)
        memory = memoryview(bytearray(200_000))
        aml_dma.copy(memory[1:160_000:4], memory[0:80_000:2])

    def test_an_expensive_question_has_no_answer(self):
        # Steps without a common divisor, and a distance that no sum has.
        steps = (1_000_003, 1_000_033, 1_000_037, 1_000_039, 1_000_081, 1_000_099)
        one = types.SimpleNamespace(address=0, itemsize=1, shape=(2000,) * 6, strides=steps)
        two = types.SimpleNamespace(address=10**9 + 7, itemsize=1, shape=(), strides=())
        self.assertIsNone(shares_memory(one, two))


class TestBuffers(unittest.TestCase):
    def setUp(self):
        self.engine = aml_dma.Engine(1)
        self.addCleanup(self.engine.close)

    def both(self, dst, src):
        """Copy synchronously, clear nothing, and copy again asynchronously."""
        self.engine.copy(dst, src)
        self.engine.copy_async(dst, src).wait()

    def test_objects_of_the_standard_library(self):
        to = bytearray(5)
        self.both(to, b"hello")
        self.assertEqual(to, b"hello")

        numbers = array.array("i", [1, 2, 3, 4])
        copied = array.array("i", [0] * 4)
        self.both(copied, numbers)
        self.assertEqual(copied, numbers)

        values = (ctypes.c_double * 3)(1.5, 2.5, 3.5)
        doubles = array.array("d", [0.0] * 3)
        self.both(doubles, values)
        self.assertEqual(list(doubles), [1.5, 2.5, 3.5])
        longs = (ctypes.c_long * 2)()
        self.both(longs, array.array("l", [-1, 7]))
        self.assertEqual(list(longs), [-1, 7])

        with mmap.mmap(-1, 4096) as memory:
            self.both(memoryview(memory)[:5], b"bytes")
            self.assertEqual(memory[:6], b"bytes\0")

    def test_strides_and_dimensions_of_memoryviews(self):
        to = bytearray(b"......")
        self.both(memoryview(to)[::-2], b"abc")
        self.assertEqual(to, b".c.b.a")
        self.both(memoryview(to)[1::2], memoryview(b"abcdef")[::-2])
        self.assertEqual(to, b".f.d.b")

        block = memoryview(bytearray(6)).cast("B", (2, 3))
        self.both(block, memoryview(b"123456").cast("B", (2, 3)))
        self.assertEqual(block.tolist(), [[49, 50, 51], [52, 53, 54]])
        # One row for both, and one element for all.
        self.both(block, memoryview(b"789"))
        self.assertEqual(block.tolist(), [[55, 56, 57]] * 2)
        self.both(block, memoryview(b"0"))
        self.assertEqual(block.tolist(), [[48] * 3] * 2)
        # Extents of 1 in front of the destination's.
        self.both(to, memoryview(b"abcdef").cast("B", (1, 1, 6)))
        self.assertEqual(to, b"abcdef")

    def test_nothing_and_single_elements(self):
        self.both(bytearray(), b"")
        self.both(bytearray(), b"1")
        to = ctypes.c_int(0)
        self.both(to, ctypes.c_int(5))
        self.assertEqual(to.value, 5)

    def test_layouts_are_kept_by_their_maker(self):
        memory = bytearray(4)
        dst, src = aml_dma.Layout(memory), aml_dma.Layout(b"wxyz")
        self.assertEqual((dst.shape, dst.strides, dst.itemsize), ((4,), (1,), 1))
        self.assertFalse(dst.readonly)
        self.assertTrue(src.readonly)
        self.assertIn("readonly", repr(src))
        self.both(dst, src)
        self.both(dst, src)
        self.assertEqual(memory, b"wxyz")
        with self.assertRaises(BufferError):
            memory.append(0)
        dst.release()
        dst.release()
        memory.append(0)
        with self.assertRaisesRegex(ValueError, "released"):
            self.engine.copy(dst, src)

    @needs_numpy
    def test_numpy_against_assignment(self):
        rng = random.Random(7)
        kinds = ["i1", "u2", "i4", "f8", "c16", "S3", "U2", "?", ">i4", "f2", "M8[ns]", "V5"]
        kinds.append([("x", "i4"), ("y", "f8"), ("name", "S3")])
        for case in range(400):
            dtype = numpy.dtype(rng.choice(kinds))
            ndim = rng.randrange(0, 5)
            shape = tuple(rng.randrange(1, 6) for _ in range(ndim))

            def some(shape, fill):
                """An array of this shape, somewhere in a larger one, in any order."""
                steps = [rng.choice((1, 1, 2, -1, -3)) for _ in shape]
                whole = [n * abs(s) + rng.randrange(2) for n, s in zip(shape, steps)]
                order = list(range(len(shape)))
                rng.shuffle(order)
                size = int(numpy.prod([whole[i] for i in order], dtype=int)) * dtype.itemsize
                raw = bytes(rng.randrange(2) if dtype == "?" else rng.randrange(1, 100)
                            for _ in range(size)) if fill else bytes(size)
                if dtype.kind == "U" and fill:
                    raw = bytes(65 if k % 4 == 0 else 0 for k in range(size))
                base = numpy.frombuffer(bytearray(raw), dtype=dtype)
                base = base.reshape([whole[i] for i in order])
                base = base.transpose([order.index(i) for i in range(len(shape))])
                slices = tuple(
                    slice(0, n * s, s) if s > 0 else slice(n * -s - 1, None, s)
                    for n, s in zip(shape, steps)
                )
                part = base[(..., *slices)]
                return base, part[(..., *(slice(0, n) for n in shape))]

            base, dst = some(shape, fill=False)
            narrow = tuple(1 if rng.randrange(4) == 0 else n for n in shape)
            _, src = some(narrow[rng.randrange(0, ndim + 1):], fill=True)
            memory = base.tobytes(order="A")
            self.engine.copy(dst, src)
            self.assertEqual(
                dst.tobytes(), numpy.broadcast_to(src, shape).astype(dtype).tobytes(),
                f"case {case}: {dtype} {shape}",
            )
            # Nothing between the elements was written: they were 0.
            dst[...] = numpy.zeros((), dtype)
            self.assertEqual(memory, base.tobytes(order="A"), f"case {case}")
            self.engine.copy_async(dst, src).wait()
            self.assertEqual(
                dst.tobytes(), numpy.broadcast_to(src, shape).astype(dtype).tobytes()
            )

    @needs_numpy
    def test_fields_of_structured_arrays(self):
        records = numpy.zeros(5, dtype=[("x", "i4"), ("y", "f8"), ("t", "i1", (3,))])
        self.both(records["y"], numpy.arange(5.0))
        self.both(records["t"], numpy.array([1, 2, 3], "i1"))
        self.assertEqual(records["y"].tolist(), [0, 1, 2, 3, 4])
        self.assertEqual(records["x"].tolist(), [0] * 5)
        self.assertEqual(records["t"].tolist(), [[1, 2, 3]] * 5)
        others = numpy.empty_like(records)[::-1]
        self.both(others, records)
        self.assertEqual(others.tobytes(), records.tobytes())
        # Fields of one array do not share bytes, though they lie between each other.
        numbers = numpy.arange(8.0).reshape(4, 2)
        self.both(numbers[:, 0], numbers[:, 1])
        self.both(numbers[:2], numbers[2:])
        self.assertEqual(numbers.tolist(), [[5, 5], [7, 7], [5, 5], [7, 7]])


class TestErrors(unittest.TestCase):
    def setUp(self):
        self.engine = aml_dma.Engine(1)
        self.addCleanup(self.engine.close)

    def refused(self, error, pattern, dst, src, **options):
        before = bytes(memoryview(dst).cast("B")) if isinstance(dst, bytearray) else None
        for call in (self.engine.copy, self.engine.copy_async):
            with self.assertRaisesRegex(error, pattern):
                call(dst, src, **options)
        if before is not None:
            self.assertEqual(dst, before)
            dst.append(1)  # Nothing holds the buffer.
            del dst[-1]
        self.assertEqual(self.engine._pending, {})

    def test_types(self):
        self.refused(TypeError, "elements of the source", bytearray(8), array.array("d", [1.0]))
        self.refused(TypeError, "elements", array.array("i", [0]), array.array("f", [1.0]))
        self.refused(TypeError, "elements", array.array("i", [0]), array.array("I", [1]))
        self.refused(TypeError, "buffer|bytes-like", bytearray(1), 5)
        self.refused(TypeError, "buffer|bytes-like", bytearray(1), "text")
        self.refused(TypeError, "buffer|bytes-like", [0], b"1")

    def test_raw_copies_compare_sizes_only(self):
        to = array.array("I", [0])
        self.engine.copy(to, array.array("i", [-1]), raw=True)
        self.assertEqual(to[0], 2**32 - 1)
        self.refused(TypeError, "elements", to, array.array("d", [0]), raw=True)

    def test_shapes(self):
        self.refused(ValueError, "broadcast", bytearray(3), b"12")
        self.refused(ValueError, "broadcast", bytearray(1), b"12")
        self.refused(ValueError, "broadcast", bytearray(2), b"")
        two = memoryview(b"123456").cast("B", (2, 3))
        self.refused(ValueError, "broadcast", bytearray(3), two)
        self.refused(ValueError, "broadcast", memoryview(bytearray(6)).cast("B", (3, 2)), two)

    def test_destinations(self):
        self.refused(ValueError, "read-only", b"12", b"34")
        self.refused(ValueError, "read-only", memoryview(bytearray(2)).toreadonly(), b"34")

    def test_overlap(self):
        memory = bytearray(b"abcdefgh")
        view = memoryview(memory)
        self.refused(ValueError, "share memory", view, view)
        self.refused(ValueError, "share memory", view[:5], view[3:])
        self.refused(ValueError, "share memory", view[::-1], view)
        self.engine.copy(view[::2], view[1::2])
        self.engine.copy(view[:4], view[4:])
        self.assertEqual(memory, b"ffhhffhh")

    def test_closed_memory(self):
        view = memoryview(bytearray(2))
        view.release()
        self.refused(ValueError, "released", view, b"12")

    def test_ctypes_that_refer_to_objects(self):
        """Their formats do not always show it."""

        class Colon(ctypes.Structure):
            _fields_ = [("a:b", ctypes.c_long), ("o", ctypes.py_object)]

        class Base(ctypes.Structure):
            _pack_ = 1
            _layout_ = "ms"
            _fields_ = [("o", ctypes.py_object)]

        class Packed(Base):
            _pack_ = 1
            _layout_ = "ms"
            _fields_ = [("n", ctypes.c_long)]

        class Either(ctypes.Union):
            _fields_ = [("n", ctypes.c_long), ("o", ctypes.py_object * 1)]

        for kind in (ctypes.py_object, Colon, Packed, Either):
            with self.subTest(kind):
                some, others = (kind * 2)(), (kind * 2)()
                self.refused(TypeError, "Python objects", some, others)
                self.refused(TypeError, "Python objects", memoryview(some), others, raw=True)

        class Pointers(ctypes.Structure):
            _fields_ = [("O", ctypes.POINTER(ctypes.c_int)), ("name", ctypes.c_char_p)]

        self.engine.copy((Pointers * 2)(), (Pointers * 2)())

    def test_array_interface(self):
        memory = (ctypes.c_ubyte * 6)(1, 2, 3, 4, 5, 6)
        address = ctypes.addressof(memory)

        def some(**members):
            members = {"shape": (3,), "typestr": "|u1", "data": (address, True), **members}
            return types.SimpleNamespace(__array_interface__={"version": 3, **members})

        to = bytearray(3)
        self.engine.copy(to, some(strides=(2,)))
        self.assertEqual(to, b"\1\3\5")
        order = "<" if sys.byteorder == "little" else ">"
        shorts = array.array("H", [0] * 3)
        self.engine.copy(shorts, some(typestr=order + "u2"))
        self.assertEqual(shorts.tobytes(), bytes(memory))
        self.refused(TypeError, "elements", shorts, some(typestr="><"[order == ">"] + "u2"))
        self.refused(TypeError, "elements", to, some(typestr="|b1"))
        self.refused(ValueError, "read-only", some(), to)
        for data in (b"abc", None, (b"abc", False), (address,), [address, True]):
            self.refused(TypeError, "an address and a flag", to, some(data=data), raw=True)
        self.refused(TypeError, "strides", to, some(strides=(1, 1)))

    def test_wide_characters(self):
        text = (ctypes.c_wchar * 3)()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            letters = array.array("u", "abc")
        self.engine.copy(text, letters)
        self.assertEqual(text[:], "abc")
        if numpy:
            self.engine.copy(text, numpy.array(list("xyz")))
            self.assertEqual(text[:], "xyz")
        self.refused(TypeError, "elements", text, array.array("I", [1, 2, 3]))

    @needs_numpy
    def test_numpy(self):
        one = numpy.zeros(3)
        self.refused(TypeError, "Python objects", numpy.zeros(3, object), one)
        self.refused(TypeError, "Python objects", one, numpy.zeros(3, [("a", object)]))
        self.refused(ValueError, "read-only", numpy.broadcast_to(one, (2, 3)), one)
        repeated = numpy.lib.stride_tricks.as_strided(one, (2, 3), (0, 8))
        self.refused(ValueError, "several places", repeated, numpy.ones(3))
        self.refused(TypeError, "elements", one, numpy.zeros(3, "i8"))
        self.refused(TypeError, "elements", one, numpy.zeros(3, ">f8"))
        self.refused(TypeError, "elements", numpy.zeros(3, "M8[s]"), numpy.zeros(3, "M8[ms]"))
        self.refused(
            TypeError, "elements", numpy.zeros(3, [("a", "i4")]), numpy.zeros(3, [("a", "f4")])
        )
        with self.assertRaisesRegex(ValueError, "no size"):
            aml_dma.Layout(numpy.zeros(3, "V0"))
        # A field may be called O.
        self.engine.copy(numpy.zeros(3, [("O", "i4")]), numpy.ones(3, [("O", "i4")]))

    def test_failed_copies(self):
        with aml_dma.Engine(0) as engine:
            copy = engine.copy_async(bytearray(3), b"123")
            self.assertIn("pending", repr(copy))
            cancel_all(engine)
            self.assertTrue(copy.done())
            self.assertIn("failed", repr(copy))
            for _ in range(2):
                with self.assertRaises(aml_dma.Error) as caught:
                    copy.wait()
                self.assertEqual(caught.exception.code, -1)
            self.assertEqual(copy.exception().code, -1)
            self.assertIsNone(engine.copy_async(bytearray(3), b"123").exception())

    def test_the_bound(self):
        with aml_dma.Engine(0, max_unfinished=2) as engine:
            copies = [engine.copy_async(bytearray(3), b"123") for _ in range(2)]
            memory = bytearray(3)
            with self.assertRaises(aml_dma.BusyError):
                engine.copy_async(memory, b"123")
            memory.append(0)
            for copy in copies:
                copy.wait()
            engine.copy_async(memory, b"1234").wait()
            self.assertEqual(memory, b"1234")

    def test_closed_engines_and_wrong_arguments(self):
        engine = aml_dma.Engine(1)
        engine.close()
        engine.close()
        for call in (engine.copy, engine.copy_async):
            memory = bytearray(2)
            with self.assertRaisesRegex(RuntimeError, "closed"):
                call(memory, b"12")
            memory.append(1)
        for threads in (-1, 2**64):
            with self.assertRaises(ValueError):
                aml_dma.Engine(threads)
        for bound in (-1, 2**64):
            with self.assertRaises(ValueError):
                aml_dma.Engine(1, max_unfinished=bound)
        for name in (b"x", 3):
            with self.assertRaises(TypeError):
                aml_dma.Engine(1, name=name)
        with self.assertRaises(ValueError):
            aml_dma.Engine(1, name="a\0b")
        with self.assertRaises(TypeError):
            aml_dma.Engine("two")


class TestLifetimes(unittest.TestCase):
    def test_buffers_stay_until_the_copy_has_finished(self):
        with aml_dma.Engine(0) as engine:
            to, from_ = bytearray(3), bytearray(b"123")
            copy = engine.copy_async(to, from_)
            self.assertEqual(to, b"\0\0\0")
            for memory in (to, from_):
                with self.assertRaises(BufferError):
                    memory.append(0)
            copy.wait()
            self.assertEqual(to, b"123")
            for memory in (to, from_):
                memory.append(0)

    def test_a_layout_in_flight_cannot_be_released(self):
        with aml_dma.Engine(0) as engine:
            layout = aml_dma.Layout(b"123")
            copy = engine.copy_async(bytearray(3), layout)
            with self.assertRaisesRegex(BufferError, "in flight"):
                layout.release()
            copy.wait()
            layout.release()

    def test_dropped_copies_keep_their_buffers(self):
        class Memory(bytearray):
            pass

        engine = aml_dma.Engine(0)
        to, from_ = Memory(3), Memory(b"123")
        watch, source = weakref.ref(to), weakref.ref(from_)
        shown = memoryview(to)
        engine.copy_async(to, from_)
        del to, from_
        gc.collect()
        self.assertIsNotNone(watch())
        self.assertIsNotNone(source())
        engine.close()
        self.assertEqual(bytes(shown), b"123")
        self.assertIsNone(source())
        shown.release()
        self.assertIsNone(watch())

    def test_dropped_engines_finish_their_copies(self):
        memory = [bytearray(1000) for _ in range(20)]
        engine = aml_dma.Engine(2)
        watch = weakref.ref(engine)
        copies = [engine.copy_async(one, b"x" * 1000) for one in memory]
        del engine
        gc.collect()
        for copy in copies:
            copy.wait()
        self.assertEqual(memory, [b"x" * 1000] * 20)
        del copies, copy
        gc.collect()
        self.assertIsNone(watch())

    def test_an_engine_in_use_is_not_collected(self):
        memory = bytearray(3)
        engine = aml_dma.Engine(0)
        watch = weakref.ref(engine)
        engine.copy_async(memory, b"123")
        del engine
        gc.collect()
        self.assertIsNotNone(watch())
        self.assertEqual(memory, b"\0\0\0")
        watch().close()
        gc.collect()
        self.assertIsNone(watch())
        self.assertEqual(memory, b"123")

    def test_the_next_copy_lets_go_of_finished_ones(self):
        with aml_dma.Engine(1) as engine:
            memory = bytearray(3)
            engine.copy_async(memory, b"123")
            engine.copy(bytearray(1), b"1")  # One worker: the first copy has finished.
            while len(engine._pending) > 0:
                engine.copy_async(bytearray(1), b"1").wait()
            memory.append(1)

    @needs_numpy
    def test_numpy_arrays_stay(self):
        with aml_dma.Engine(0) as engine:
            for dtype in ("f8", "M8[s]"):
                to, from_ = numpy.zeros(3, dtype), numpy.ones(3, dtype)
                watch = weakref.ref(from_)
                copy = engine.copy_async(to, from_)
                del from_
                gc.collect()
                self.assertIsNotNone(watch())
                copy.wait()
                self.assertIsNone(watch())
                self.assertEqual(to.tolist(), numpy.ones(3, dtype).tolist())


class TestThreads(unittest.TestCase):
    def test_the_gil_is_released(self):
        """Another thread opens the gate, for which it needs the GIL, while this one waits in C."""
        for way in ("copy", "wait"):
            with self.subTest(way), aml_dma.Engine(1) as engine:
                gate = Gated(engine)
                gate.wait_until_it_runs()
                before = posted(engine)

                def open_when_waiting():
                    if way == "copy":
                        while posted(engine) == before:
                            pass
                    else:
                        while not engine._line:
                            pass
                    gate.open()

                thread = threading.Thread(target=open_when_waiting)
                thread.start()
                memory = bytearray(3)
                if way == "copy":
                    engine.copy(memory, b"123")
                    self.assertEqual(memory, b"123")
                else:
                    gate.copy.wait()
                thread.join()

    def test_timeouts(self):
        with aml_dma.Engine(1) as engine:
            gate = Gated(engine)
            for timeout in (0, 0.001, -1):
                with self.assertRaises(TimeoutError):
                    gate.copy.wait(timeout)
            with self.assertRaises(TimeoutError):
                gate.copy.exception(0)
            self.assertFalse(gate.copy.done())
            for timeout in ("1", float("nan")):
                with self.assertRaises((TypeError, ValueError)):
                    gate.copy.wait(timeout)
            gate.open()
            for timeout in (1000, 1e300, float("inf"), 2**64 + 1):
                gate.copy.wait(timeout)
                gate.copy = engine.copy_async(bytearray(1), b"1")
            gate.copy.wait(1000)
            self.assertTrue(gate.copy.done())

    def test_several_threads_wait_for_one_engine(self):
        with aml_dma.Engine(2) as engine:
            wrong = []

            def work(number):
                for k in range(60):
                    memory = [bytearray(2000) for _ in range(4)]
                    byte = bytes([number * 10 + k % 7])
                    copies = [engine.copy_async(one, byte * 2000) for one in memory]
                    if k % 3 == 0:
                        while not all([copy.done() for copy in copies]):
                            pass
                    for copy in reversed(copies):
                        copy.wait()
                    if any(one != byte * 2000 for one in memory):
                        wrong.append((number, k))

            threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])
            self.assertEqual(engine._pending, {})

    def test_a_waiter_is_woken_by_another_reader(self):
        with aml_dma.Engine(2) as engine:
            first, second = Gated(engine), Gated(engine)
            reader = threading.Thread(target=first.copy.wait)
            reader.start()
            while not engine._line:
                pass
            follower = threading.Thread(target=second.copy.wait)
            follower.start()
            second.open()
            follower.join()
            self.assertTrue(second.copy.done() and not first.copy.done())
            first.open()
            reader.join()

    def test_a_reader_looks_again_for_a_loop_that_found_it(self):
        """The loop has read the descriptor. The reader has taken completions before that."""
        with aml_dma.Engine(1) as engine:
            copy = engine.copy_async(bytearray(3), b"123")
            descriptor = _lib.engine_eventfd(engine._handle)
            select.select([descriptor], [], [])  # It is on the queue.
            take, deadlines = engine._take, []

            def take_late(handle, deadline):
                deadlines.append(deadline)
                if len(deadlines) > 1:
                    take(handle, deadline)
                else:
                    in_thread(lambda: engine._loop_is_readable(descriptor))

            engine._take = take_late
            self.assertTrue(copy.done())
            self.assertEqual(deadlines, [0, 0])
            del engine._take

    def test_callbacks(self):
        with aml_dma.Engine(2) as engine:
            gate, called = Gated(engine), []
            event = threading.Event()
            gate.copy.add_done_callback(called.append)
            gate.copy.add_done_callback(lambda copy: event.set())
            self.assertEqual(called, [])
            gate.open()
            event.wait()  # Nobody waits for the copy.
            self.assertEqual(called, [gate.copy])
            gate.copy.add_done_callback(called.append)
            self.assertEqual(called, [gate.copy] * 2)

            # A callback may copy and wait. What it raises is logged, and others are called.
            gate, nested = Gated(engine), bytearray(3)
            event = threading.Event()
            gate.copy.add_done_callback(lambda copy: 1 / 0)
            gate.copy.add_done_callback(
                lambda copy: engine.copy_async(nested, b"123").wait() or event.set()
            )
            with self.assertLogs("aml_dma", logging.ERROR) as logs:
                gate.open()
                event.wait()
            self.assertIn("ZeroDivisionError", logs.output[0])
            self.assertEqual(nested, b"123")

    def test_callbacks_run_in_their_own_thread(self):
        """Not in a thread that copies or looks: it may hold what they need."""
        with aml_dma.Engine(2) as engine:
            busy, gate, threads = Gated(engine), Gated(engine), []
            running, go_on = threading.Semaphore(0), threading.Semaphore(0)
            busy.copy.add_done_callback(lambda copy: running.release() or go_on.acquire())
            gate.copy.add_done_callback(lambda copy: threads.append(threading.get_ident()))
            busy.open()
            running.acquire()  # The thread of the callbacks does not read now.
            gate.open()
            select.select([_lib.engine_eventfd(engine._handle)], [], [])
            engine.copy_async(bytearray(1), b"1").wait()
            self.assertTrue(gate.copy.done())
            gate.copy.wait()
            self.assertEqual(threads, [])
            go_on.release()
            engine.close()
            self.assertEqual(len(threads), 1)
            self.assertNotEqual(threads[0], threading.get_ident())

    def test_callbacks_of_finished_copies_do_not_nest(self):
        with aml_dma.Engine(1) as engine:
            copy, left = engine.copy_async(bytearray(1), b"1"), 3000
            copy.wait()

            def step(copy):
                nonlocal left
                left -= 1
                if left > 0:
                    copy.add_done_callback(step)

            copy.add_done_callback(step)
            self.assertEqual(left, 0)

    def test_exceptions_that_end_programs_do_not_end_callbacks(self):
        for error in (SystemExit, KeyboardInterrupt, asyncio.CancelledError):
            with self.subTest(error), aml_dma.Engine(1) as engine:

                def fail(copy, error=error):
                    raise error

                called = threading.Event()
                with self.assertLogs("aml_dma", logging.ERROR) as logs:
                    for callback in (fail, lambda copy: called.set()):
                        gate = Gated(engine)
                        gate.copy.add_done_callback(fail)
                        gate.copy.add_done_callback(callback)
                        gate.open()
                    called.wait()
                self.assertEqual(len(logs.output), 3)

    def test_a_callback_is_refused_without_a_thread(self):
        with aml_dma.Engine(1) as engine:
            gate, called = Gated(engine), []

            def fail(*_):
                raise RuntimeError("can't start new thread")

            with unittest.mock.patch("aml_dma._engine.start_new_thread", fail):
                with self.assertRaisesRegex(RuntimeError, "new thread"):
                    gate.copy.add_done_callback(lambda copy: called.append("refused"))
            done = threading.Event()
            gate.copy.add_done_callback(lambda copy: called.append("accepted") or done.set())
            gate.open()
            done.wait()
            self.assertEqual(called, ["accepted"])

    def test_wrong_callbacks(self):
        with aml_dma.Engine(1) as engine:
            copy = engine.copy_async(bytearray(1), b"1")
            for _ in range(2):
                with self.assertRaises(TypeError):
                    copy.add_done_callback(None)
                copy.wait()

    def test_close_waits_for_calls_that_post(self):
        """The copy fails when close() waits already. No completion comes for it."""
        engine = aml_dma.Engine(1)
        posting, go_on = threading.Semaphore(0), threading.Semaphore(0)

        def post(*_):
            posting.release()
            go_on.acquire()
            return _lib.EBUSY

        errors = []

        def copies():
            try:
                engine.copy_async(bytearray(1), b"1")
            except aml_dma.BusyError as error:
                errors.append(error)

        with unittest.mock.patch.object(_lib, "post", post):
            threads = [threading.Thread(target=copies), threading.Thread(target=engine.close)]
            threads[0].start()
            posting.acquire()
            threads[1].start()
            while not engine._closed:
                pass
            go_on.release()
            for thread in threads:
                thread.join()
        self.assertEqual(len(errors), 1)
        self.assertEqual(engine._pending, {})

    def test_the_end_of_a_buffer_may_use_the_engine(self):
        """Nothing of the engine is locked, and its thread does not read, in a __del__."""
        with aml_dma.Engine(1) as engine:
            copied = bytearray(3)

            class Memory(bytearray):
                def __del__(self):
                    in_thread(lambda: engine.copy_async(copied, b"123").wait())

            engine.copy_async(Memory(3), Memory(b"456")).wait()
            self.assertEqual(copied, b"123")

    def test_a_signal_handler_copies_while_its_thread_waits(self):
        with aml_dma.Engine(2) as engine:
            gate, copied = Gated(engine), bytearray(3)

            def handler(*_):
                engine.copy_async(copied, b"123").wait()
                gate.open()

            old = signal.signal(signal.SIGUSR1, handler)
            self.addCleanup(signal.signal, signal.SIGUSR1, old)

            thread = signal_when_waiting(engine, signal.SIGUSR1)
            gate.copy.wait()
            thread.join()
            self.assertEqual(copied, b"123")

    def test_a_signal_handler_runs_at_each_place(self):
        """It copies, waits and looks before each call that copies and waits make."""
        with aml_dma.Engine(1) as engine:
            for count in itertools.count(1):
                left, inside, memory = count, bytearray(3), bytearray(3)

                def profile(frame, event, _argument):
                    nonlocal left
                    left -= event != "c_call"
                    if left == 0:
                        sys.setprofile(None)
                        engine.copy_async(inside, b"123").wait()
                        engine.copy(inside, b"456")

                sys.setprofile(profile)
                try:
                    engine.copy_async(memory, b"xyz").wait()
                finally:
                    sys.setprofile(None)
                self.assertEqual(memory, b"xyz")
                if left > 0:
                    break
                self.assertEqual(inside, b"456")
            self.assertGreater(count, 20)

    def test_close_waits_and_calls_back(self):
        called, engine = [], aml_dma.Engine(1)
        gate = Gated(engine)
        gate.copy.add_done_callback(called.append)
        closer = threading.Thread(target=engine.close)
        closer.start()
        while not engine._closed:
            pass
        with self.assertRaises(RuntimeError):
            engine.copy_async(bytearray(1), b"1")
        gate.open()
        closer.join()
        self.assertEqual(called, [gate.copy])
        self.assertTrue(gate.copy.done())

    def test_an_interrupt_ends_a_wait(self):
        with aml_dma.Engine(1) as engine:
            gate = Gated(engine)

            thread = signal_when_waiting(engine, signal.SIGINT)
            with self.assertRaises(KeyboardInterrupt):
                gate.copy.wait()
            thread.join()
            gate.open()
            gate.copy.wait()


class TestInterrupts(unittest.TestCase):
    """KeyboardInterrupt at the begin and after each call in turn that an operation makes: there,
    and in loops, the interpreter raises it. It is lost in a __del__.
    """

    def interrupt_each_call(self, prepare, operation):
        """Return how many times that were. Each time, the generator prepare() yields the argument
        of operation(), and checks afterwards what has become of it.
        """
        for count in itertools.count(1):
            left = count

            def profile(frame, event, _argument):
                nonlocal left
                if event != "c_call" and frame.f_code.co_name != "__del__":
                    left -= 1
                    if left == 0:
                        raise KeyboardInterrupt

            generator = prepare()
            state = next(generator)
            try:
                sys.setprofile(profile)
                try:
                    operation(state)
                finally:
                    sys.setprofile(None)
            except KeyboardInterrupt:
                pass
            for _ in generator:
                pass
            if left > 0:
                return count

    def check(self, operation):
        def prepare():
            engine, memory = aml_dma.Engine(1), [bytearray(3) for _ in range(4)]
            pending = engine.copy_async(memory[0], b"123")
            yield engine, memory, pending
            # Another thread can use the engine, and close it.
            in_thread(pending.wait)
            in_thread(lambda: engine.copy_async(memory[2], b"456").wait())
            in_thread(lambda: engine.copy(memory[3], b"789"))
            in_thread(engine.close)
            self.assertTrue(pending.done())
            self.assertEqual(memory[::2], [b"123", b"456"])
            self.assertEqual((engine._pending, engine._line), ({}, {}))
            self.assertFalse([one for one in _in_flight.values() if one._engine is engine])
            for one in memory:
                one.append(1)

        # ctypes functions are no event for the profiler, but their wrappers are.
        real = {name: getattr(_lib, name) for name in ("copy", "post", "reap", "barrier_until")}
        for name, function in real.items():
            setattr(_lib, name, lambda *arguments, function=function: function(*arguments))
            self.addCleanup(setattr, _lib, name, function)
        self.assertGreater(self.interrupt_each_call(prepare, operation), 5)

    def test_copy(self):
        self.check(lambda state: state[0].copy(state[1][1], b"xyz"))

    def test_copy_async(self):
        self.check(lambda state: state[0].copy_async(state[1][1], b"xyz"))

    def test_wait(self):
        self.check(lambda state: state[2].wait())

    def test_done(self):
        self.check(lambda state: state[2].done())

    def test_a_copy_that_fails(self):
        def too_many(state):
            engine, memory, _ = state
            post, _lib.post = _lib.post, lambda *_: _lib.EBUSY
            try:
                with self.assertRaises(aml_dma.BusyError):
                    engine.copy_async(memory[1], b"xyz")
            finally:
                _lib.post = post

        self.check(too_many)

    def test_add_done_callback(self):
        self.check(lambda state: state[2].add_done_callback(lambda copy: None))

    def test_close(self):
        def prepare():
            engine = aml_dma.Engine(1)
            memory = bytearray(3)
            copy = engine.copy_async(memory, b"123")
            yield engine
            in_thread(engine.close)
            self.assertTrue(copy.done())
            self.assertEqual(memory, b"123")
            memory.append(1)
            self.assertEqual((engine._pending, engine._line), ({}, {}))

        self.interrupt_each_call(prepare, lambda engine: engine.close())


class TestAsyncio(unittest.TestCase):
    def test_several_copies_at_once(self):
        with aml_dma.Engine(2) as engine:

            async def main():
                memory = [bytearray(10_000 + k) for k in range(200)]
                await asyncio.gather(
                    *(engine.copy_async(one, b"y" * len(one)) for one in memory)
                )
                self.assertTrue(all(one == b"y" * len(one) for one in memory))

            asyncio.run(main())
            self.assertEqual((len(engine._loops), engine._pending), (0, {}))

    def test_the_loop_runs_meanwhile(self):
        """The gate is opened by a task of the same loop: the await does not block the loop."""
        with aml_dma.Engine(1) as engine:

            async def main():
                gate, order = Gated(engine), []

                async def open_later():
                    await asyncio.sleep(0)
                    order.append("open")
                    gate.open()

                task = asyncio.create_task(open_later())
                self.assertIsNone(await gate.copy)
                order.append("copied")
                await task
                await gate.copy  # A copy that has finished may be awaited again.
                return order

            self.assertEqual(asyncio.run(main()), ["open", "copied"])

    def test_failures_and_cancelled_tasks(self):
        with aml_dma.Engine(1) as engine:

            async def main():
                gate = Gated(engine)
                gate.wait_until_it_runs()
                failing = engine.copy_async(bytearray(3), b"123")
                waiting = asyncio.ensure_future(failing)
                await asyncio.sleep(0)
                cancel_all(engine)
                with self.assertRaises(aml_dma.Error) as caught:
                    await waiting
                self.assertEqual(caught.exception.code, -1)

                # A cancelled task does not stop the copy.
                task = asyncio.ensure_future(gate.copy)
                await asyncio.sleep(0)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                self.assertFalse(gate.copy.done())
                gate.open()
                await gate.copy
                with self.assertRaises(asyncio.TimeoutError):
                    held = Gated(engine)
                    try:
                        await asyncio.wait_for(held.copy, 0.001)
                    finally:
                        held.open()

            asyncio.run(main())

    def test_a_thread_reads_what_a_loop_awaits(self):
        with aml_dma.Engine(2) as engine:
            first, second = Gated(engine), Gated(engine)
            thread = threading.Thread(target=first.copy.wait)
            thread.start()
            while not engine._line:
                pass

            async def main():
                asyncio.get_running_loop().call_soon(second.open)
                await second.copy

            asyncio.run(main())
            self.assertFalse(first.copy.done())
            first.open()
            thread.join()

    def test_a_loop_reads_what_a_thread_waits_for(self):
        """And several loops with one engine."""
        with aml_dma.Engine(2) as engine:
            wrong = []

            async def many():
                for k in range(40):
                    memory = [bytearray(500) for _ in range(5)]
                    byte = bytes([k])
                    await asyncio.gather(*(engine.copy_async(m, byte * 500) for m in memory))
                    if any(one != byte * 500 for one in memory):
                        wrong.append(k)

            def waits():
                for k in range(100):
                    memory = bytearray(500)
                    engine.copy_async(memory, bytes([k]) * 500).wait()
                    if memory != bytes([k]) * 500:
                        wrong.append(k)

            threads = [threading.Thread(target=lambda: asyncio.run(many())) for _ in range(3)]
            threads += [threading.Thread(target=waits) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])
            self.assertEqual((len(engine._loops), engine._pending), (0, {}))

    def test_a_loop_that_ends_early(self):
        with aml_dma.Engine(1) as engine:
            gates = []

            async def main():
                gates.append(Gated(engine))
                asyncio.ensure_future(gates[0].copy)
                await asyncio.sleep(0)

            asyncio.run(main())
            gates[0].open()
            gates[0].copy.wait()

    def test_a_closed_loop_keeps_no_descriptor(self):
        with aml_dma.Engine(1) as engine:
            descriptors = []
            for _ in range(3):
                gate = Gated(engine)

                async def main(gate=gate):
                    task = asyncio.ensure_future(gate.copy)
                    await asyncio.sleep(0)
                    return task

                loop = asyncio.new_event_loop()
                logging.getLogger("asyncio").disabled = True
                task = loop.run_until_complete(main())
                loop.close()
                gate.open()
                gate.copy.wait()
                del loop, task, main, gate
                gc.collect()
                descriptors.append(len(os.listdir("/proc/self/fd")))
            logging.getLogger("asyncio").disabled = False
            self.assertEqual(descriptors[1:], descriptors[:-1])


def run_script(script, *arguments):
    """Run a Python program with this package."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-c", textwrap.dedent(script), *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )


class TestProcesses(unittest.TestCase):
    def test_the_end_of_the_interpreter(self):
        """Copies in flight at the end are made; callbacks are called."""
        path = os.path.join(os.environ.get("AML_TEST_FOLDER", "/tmp"), f"end-{os.getpid()}")
        size = 4_000_000
        self.addCleanup(os.unlink, path)
        for threads in ("0", "2"):
            with open(path, "wb") as file:
                file.truncate(size)
            ended = run_script(
                """
                import mmap, os, sys, aml_dma
                memory = memoryview(mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 0))
                engine = aml_dma.Engine(int(sys.argv[2]))
                for k in range(10):
                    part = memory[400_000 * k : 400_000 * (k + 1)]
                    copy = engine.copy_async(part, bytes([65 + k]) * 400_000)
                if sys.argv[2] != "0":
                    copy.add_done_callback(lambda copy: print("called"))
                """,
                path,
                threads,
            )
            self.assertEqual(ended.returncode, 0, ended.stdout)
            self.assertEqual(ended.stdout, "" if threads == "0" else "called\n")
            with open(path, "rb") as file:
                expected = b"".join(bytes([65 + k]) * 400_000 for k in range(10))
                self.assertTrue(file.read() == expected)

    def test_one_engine_that_fails_does_not_keep_others(self):
        ended = run_script(
            """
            import aml_dma
            engines = [aml_dma.Engine(1) for _ in range(3)]
            for engine in engines[::2]:
                engine.close = lambda: 1 / 0
            for _ in range(50):
                copy = engines[1].copy_async(bytearray(10**6), bytes(10**6))
            copy.add_done_callback(lambda copy: print("called", flush=True))
            """
        )
        self.assertEqual(ended.returncode, 0, ended.stdout)
        self.assertIn("called", ended.stdout)
        self.assertEqual(ended.stdout.count("ZeroDivisionError"), 2)

    def test_callbacks_at_the_end_of_the_interpreter(self):
        """From Python 3.12 on, no thread can be started then."""
        ended = run_script(
            """
            import atexit, aml_dma
            engine = aml_dma.Engine(0)

            def end():
                copy = engine.copy_async(bytearray(3), b"123")
                try:
                    copy.add_done_callback(lambda copy: print("called", flush=True))
                except RuntimeError:
                    copy.wait()
                    copy.add_done_callback(lambda copy: print("called", flush=True))

            atexit.register(end)
            """
        )
        self.assertEqual((ended.returncode, ended.stdout), (0, "called\n"))

    def test_ends_that_are_not_clean(self):
        for end in ("raise SystemExit(3)", "import os; os._exit(3)"):
            ended = run_script(
                f"""
                import aml_dma
                copies = [aml_dma.copy_async(bytearray(10**6), bytes(10**6)) for _ in range(8)]
                copies[0].add_done_callback(lambda copy: None)
                {end}
                """
            )
            self.assertEqual((ended.returncode, ended.stdout), (3, ""))

    def test_fork(self):
        ended = run_script(
            """
            import os, sys, threading, warnings
            warnings.simplefilter("ignore", DeprecationWarning)
            sys.path.insert(0, sys.argv[1])
            import aml_dma, test_aml_dma
            idle, busy = aml_dma.Engine(1), aml_dma.Engine(2)
            gate = test_aml_dma.Gated(idle)
            kept, memory = bytearray(3), bytearray(3)
            copy = idle.copy_async(memory, b"123")
            finished = busy.copy_async(kept, b"456")
            finished.wait()
            called = []
            copy.add_done_callback(lambda copy: called.append(os.getpid()))
            aml_dma.copy(bytearray(1), b"1")
            child = os.fork()
            if child == 0:
                # The parent's copy has failed here, and its buffer is free.
                assert copy.done() and copy.exception().code == -1, copy
                memory.append(1)
                assert finished.exception() is None
                # Each engine works, with workers of its own.
                for engine in (idle, busy, aml_dma.default_engine()):
                    to = bytearray(3)
                    engine.copy(to, b"789")
                    copies = [engine.copy_async(to, b"abc")]
                    copies[0].wait()
                    assert to == b"abc"
                done = threading.Event()
                busy.copy_async(bytearray(9), b"9" * 9).add_done_callback(lambda c: done.set())
                done.wait()
                assert called == []
                sys.exit(7)
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 7, status
            assert not copy.done()
            gate.open()
            copy.wait()
            idle.close()
            assert memory == b"123" and called == [os.getpid()], (memory, called)
            """,
            os.path.dirname(os.path.abspath(__file__)),
        )
        self.assertEqual((ended.returncode, ended.stdout), (0, ""))

    def test_a_signal_handler_forks_at_each_place(self):
        """In the child, the copy has failed, or was made by the child's own workers."""
        ended = run_script(
            """
            import os, sys, warnings
            warnings.simplefilter("ignore", DeprecationWarning)
            import aml_dma
            engine = aml_dma.Engine(1)
            left = 0

            def profile(frame, event, _argument):
                global left, child
                left -= event != "c_call"
                if left == 0:
                    sys.setprofile(None)
                    child = os.fork()

            count = 0
            while left <= 0:
                count += 1
                left, child = count, None
                memory = bytearray(3)
                sys.setprofile(profile)
                try:
                    engine.copy_async(memory, b"123").wait()
                except aml_dma.Error:
                    assert child == 0
                else:
                    assert memory == b"123"
                finally:
                    sys.setprofile(None)
                memory.append(1)
                if child == 0:
                    engine.copy_async(memory, b"4567").wait()
                    assert memory == b"4567"
                    engine.close()
                    os._exit(7)
                if child:
                    _, status = os.waitpid(child, 0)
                    assert os.waitstatus_to_exitcode(status) == 7, (count, status)
            assert count > 20
            """
        )
        self.assertEqual((ended.returncode, ended.stdout), (0, ""))

    def test_without_the_library(self):
        """A program may work without the package: `except ImportError`."""
        libc = ctypes.util.find_library("c")
        for library in ("/nowhere/libaml-dma.so.1", __file__, libc):
            ended = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    "try: import aml_dma\nexcept ImportError as error: print('without', error)",
                ],
                env=dict(os.environ, AML_DMA_LIBRARY=library),
                check=False,
                capture_output=True,
                text=True,
                timeout=600,
            )
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            self.assertIn("without", ended.stdout)
            if library != libc:
                self.assertIn(library, ended.stdout)


class TestModule(unittest.TestCase):
    def test_the_default_engine(self):
        memory = bytearray(3)
        aml_dma.copy(memory, b"123")
        self.assertEqual(memory, b"123")
        aml_dma.copy_async(memory, b"456").wait()
        self.assertEqual(memory, b"456")
        self.assertIs(aml_dma.default_engine(), aml_dma.default_engine())

    def test_versions(self):
        self.assertEqual(aml_dma.__version__, aml_dma.library_version)


if __name__ == "__main__":
    unittest.main()
