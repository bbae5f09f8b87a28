# SPDX-License-Identifier: BSD-3-Clause
"""Whether two strided arrays share a byte of memory."""

import math

# How many choices of coordinates to look at before giving up. Arrays as programs make them need a
# few per dimension.
_MOST_NODES = 20000


def _span(dims, steps, itemsize):
    """The lowest and one past the highest offset of the array's bytes from its element 0."""
    low, high = 0, itemsize
    for extent, step in zip(dims, steps):
        if step < 0:
            low += (extent - 1) * step
        else:
            high += (extent - 1) * step
    return low, high


def shares_memory(first, second):
    """Tell whether two layouts, each with elements, share memory: True or False. None: that would
    take too long to find out.

    The layouts have attributes address, shape, strides and itemsize.
    """
    low1, high1 = _span(first.shape, first.strides, first.itemsize)
    low2, high2 = _span(second.shape, second.strides, second.itemsize)
    distance = second.address - first.address
    if high1 <= distance + low2 or distance + high2 <= low1:
        return False
    # Is there a pair of elements x, y whose bytes meet? That is: a sum of multiples of the steps,
    # each within its range, from distance - itemsize1 to distance + itemsize2, both excluded.
    ranges = {}
    for layout, sign in ((first, 1), (second, -1)):
        for extent, step in zip(layout.shape, layout.strides):
            if extent > 1 and step != 0:
                edge = (extent - 1) * (sign if step > 0 else -sign)
                low, high = ranges.get(abs(step), (0, 0))
                ranges[abs(step)] = (low + min(edge, 0), high + max(edge, 0))
    terms = sorted(((step, *ends) for step, ends in ranges.items()), reverse=True)
    # What each term and those after it can add: at least, at most, and a divisor.
    rest = [(0, 0, 0)]
    for step, low, high in reversed(terms):
        least, most, divisor = rest[-1]
        rest.append((least + step * low, most + step * high, math.gcd(divisor, step)))
    rest.reverse()
    # Depth first, without recursion: for each term, the multiples with which the sum can still
    # come near enough.
    from_, to = distance - first.itemsize + 1, distance + second.itemsize - 1
    stack = [(0, iter((0,)))]
    nodes = 0
    while stack:
        level, totals = stack[-1]
        total = next(totals, None)
        if total is None:
            stack.pop()
            continue
        nodes += 1
        if nodes > _MOST_NODES:
            return None
        if level == len(terms):
            return True
        divisor = rest[level][2]
        if (to - total) // divisor * divisor < from_ - total:
            continue  # No multiple of the divisor is near enough.
        step, low, high = terms[level]
        least, most, _ = rest[level + 1]
        begin = max(low, -((total + most - from_) // step))
        end = min(high, (to - total - least) // step)
        if level + 1 == len(terms) and begin <= end:
            return True
        stack.append((level + 1, iter(range(total + step * begin, total + step * end + 1, step))))
    return False
