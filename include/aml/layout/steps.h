/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Steps layouts: elements at any constant distances in bytes, also backwards. Not in AML.
 *
 * `aml.h` defines the terms *thread-safe* and *blocks*, and has the rules for every function.
 */
#ifndef AML_LAYOUT_STEPS_H
#define AML_LAYOUT_STEPS_H

#include <stddef.h>

#include <aml/layout.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/**
 * @defgroup aml_steps Steps layouts
 *
 * Elements at any constant distances in bytes.
 *
 * aml_layout_steps_create() creates a steps layout, and aml_layout_destroy() releases it. A steps
 * layout is one allocation, so free() releases it too.
 *
 * The *step* of a dimension is the distance in bytes from one element to the next along it. The
 * element at the coordinates c lies at `ptr + sum(c[i] * steps[i])`. A step may be negative, and
 * need not be a multiple of the element size.
 *
 * @code
 * // The red values of a picture of 24-bit pixels whose rows are stored from bottom to top:
 * struct aml_layout *red;
 * size_t dims[] = {height, width};
 * ptrdiff_t steps[] = {-row_bytes, 3};
 * int err = aml_layout_steps_create(&red, pixels + (height - 1) * row_bytes, AML_LAYOUT_ORDER_C, 1,
 *                                   2, dims, steps);
 * @endcode
 *
 * A step of 0 repeats one element. It is valid in the source of a copy; in a destination, only over
 * at most one element. Other elements of a destination that share bytes are the program's error,
 * and their contents are undefined.
 *
 * Slices and reshapes of steps layouts are steps layouts. aml_layout_reshape() works if the steps
 * allow it, and else returns -AML_EINVAL. Steps layouts have the fast path
 * (aml_layout_ops::steps_native): copies are as fast as for a dense layout of the same steps.
 * @{
 */

/**
 * The data of a steps layout, in native order. Programs may read it, and must not change it. The
 * layout, this structure and its arrays are one allocation.
 */
struct aml_layout_steps {
	/** The address of element 0, which is also the raw pointer. In an empty layout, any. */
	void *ptr;
	/** The number of dimensions. */
	size_t ndims;
	/** The size of an element in bytes. */
	size_t element_size;
	/** The extents in elements. */
	size_t *dims;
	/** The steps in bytes. */
	ptrdiff_t *steps;
};

/**
 * Create a steps layout.
 *
 * Thread-safe. Does not block.
 *
 * @param[out] layout  The layout. The caller releases it with aml_layout_destroy().
 * @param[in] ptr  The address of element 0, which need not be the lowest address. The caller keeps
 *   owning the memory. NULL is valid for an empty layout.
 * @param[in] order  The order of the layout and of the two arrays: AML_LAYOUT_ORDER_…. Other bits
 *   are ignored.
 * @param[in] element_size  The size of an element in bytes, not 0.
 * @param[in] ndims  The number of dimensions, 1 to AML_LAYOUT_NDIMS_MAX.
 * @param[in] dims  The extents in elements; copied. 0 makes an empty layout.
 * @param[in] steps  The steps in bytes; copied.
 * @retval AML_SUCCESS  The layout is created.
 * @retval -AML_EINVAL  `layout`, `dims` or `steps` is NULL; or `ptr` is NULL and no extent is 0; or
 *   `element_size` is 0; or `ndims` is out of range; or the product of the extents and the element
 *   size overflows; or the layout has elements, and the range of their addresses wraps around,
 *   includes NULL, or spans more than PTRDIFF_MAX bytes.
 * @retval -AML_ENOMEM  Out of memory.
 */
int aml_layout_steps_create(struct aml_layout **layout, void *ptr, int order, size_t element_size,
			    size_t ndims, const size_t *dims, const ptrdiff_t *steps);

/** The operators of row-major steps layouts. */
extern struct aml_layout_ops aml_layout_steps_row_ops;
/** The operators of column-major steps layouts. */
extern struct aml_layout_ops aml_layout_steps_column_ops;

/** @} */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif /* AML_LAYOUT_STEPS_H */
