# SPDX-License-Identifier: BSD-3-Clause
"""Transposed arrays: numpy.copyto() beside aml_dma.copy(), best and median of interleaved rounds.

usage: python3 bench.py [ROUNDS]
"""

import statistics
import sys
import time

import numpy

import aml_dma


def cases():
    """Yield names, sources and destinations of the same shape."""
    for count, dtype in ((64, "f8"), (512, "f8"), (4096, "f8"), (4096, "f4")):
        source = numpy.arange(count * count, dtype=dtype).reshape(count, count)
        yield f"{count} x {count} {dtype}, transposed", source.T, numpy.empty_like(source)
    source = numpy.arange(256**3, dtype="f4").reshape(256, 256, 256)
    yield "256^3 f4, axes reversed", source.T, numpy.empty_like(source)
    yield "256^3 f4, one axis backwards", source[:, ::-1], numpy.empty_like(source)
    yield "256^3 f4, contiguous", source, numpy.empty_like(source)


def measure(function, destination, source):
    """Return the time of a call in seconds. Small copies are repeated."""
    times = max(1, 2**22 // source.nbytes)
    start = time.perf_counter()
    for _ in range(times):
        function(destination, source)
    return (time.perf_counter() - start) / times


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(f"numpy {numpy.__version__}, libaml-dma {aml_dma.library_version}; GB/s: bytes of the")
    print(f"source per time, best and median of {rounds} rounds")
    print(f"{'':36}{'numpy.copyto':>16}{'aml_dma.copy':>16}  ratio of the best")
    for name, source, destination in cases():
        numpy_times, our_times = [], []
        for _ in range(rounds):
            numpy_times.append(measure(numpy.copyto, destination, source))
            our_times.append(measure(aml_dma.copy, destination, source))
        if not (destination == source).all():
            raise SystemExit(f"{name}: the copy differs")
        cells = [
            f"{source.nbytes / min(t) / 1e9:8.2f}{source.nbytes / statistics.median(t) / 1e9:8.2f}"
            for t in (numpy_times, our_times)
        ]
        print(f"{name:36}{cells[0]}{cells[1]}  {min(numpy_times) / min(our_times):.2f}")


if __name__ == "__main__":
    main()
