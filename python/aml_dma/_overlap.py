# SPDX-License-Identifier: BSD-3-Clause
"""Whether two strided arrays share a byte of memory."""

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
    """Tell whether two layouts, each with elements, share memory: False only if they do not.

    The layouts have attributes address, shape, strides and itemsize. A question that would take
    too long is answered with True.
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
    # What the terms after each one can add, at least and at most.
    rest = [(0, 0)]
    for step, low, high in reversed(terms):
        rest.append((rest[-1][0] + step * low, rest[-1][1] + step * high))
    rest.reverse()
    # Depth first, without recursion: for each term, the multiples with which the sum can still
    # come near enough.
    from_, to = distance - first.itemsize + 1, distance + second.itemsize - 1
    stack = [(0, 0)]
    nodes = 0
    while stack:
        level, total = stack.pop()
        nodes += 1
        if nodes > _MOST_NODES:
            return True
        if level == len(terms):
            return True
        step, low, high = terms[level]
        least, most = rest[level + 1]
        begin = max(low, -((total + most - from_) // step))
        end = min(high, (to - total - least) // step)
        if end - begin > _MOST_NODES:
            return True
        stack.extend((level + 1, total + step * k) for k in range(begin, end + 1))
    return False
