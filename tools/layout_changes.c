/* SPDX-License-Identifier: BSD-3-Clause */
/* Slices, reversals, reshapes and pads, see layout_changes.h. */
#include "layout_changes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/utils/error.h>

#include "distance.h"

enum { CHANGE_KEY_BYTES = 32 };

/* The layout that is changed, as it is now, in user order. */
struct changed_layout {
	struct aml_layout **layout;
	size_t ndims, dims[AML_LAYOUT_NDIMS_MAX];
};

/* Replace the layout with one that was made of it. */
static bool replace_layout(struct changed_layout *changed, const char *key, int err,
			   struct aml_layout *made, char *error)
{
	if (err == -AML_ENOTSUP)
		return text_refuse(error,
				   "%s: only pad and reshape may follow a pad or a reshape "
				   "that moves elements",
				   key);
	if (err != AML_SUCCESS)
		return text_refuse(error, "%s: %s", key, aml_strerror(err));
	aml_layout_destroy(changed->layout);
	*changed->layout = made;
	return true;
}

/* Parse FROM:TO:STEP of a dimension. */
static bool parse_section(struct text_span text, size_t extent, size_t *from, size_t *count,
			  size_t *step, char *error)
{
	struct text_span whole = text, parts[3];
	size_t numbers[3] = {0, extent, 1};
	bool colon = memchr(text.at, ':', (size_t)(text.end - text.at)) != NULL;

	for (size_t i = 0; i < 3; i++)
		parts[i] = text_cut(&text, ':');
	for (size_t i = 0; i < 3; i++)
		if (parts[i].at < parts[i].end && !text_number(&parts[i], &numbers[i]))
			colon = false;
	if (!colon || text.at < text.end)
		return text_refuse(error, "slice: '%.*s' is not FROM:TO or FROM:TO:STEP",
				   text_length(&whole), whole.at);
	if (numbers[0] > numbers[1] || numbers[1] > extent)
		return text_refuse(error, "slice: '%.*s' is not within the extent %zu",
				   text_length(&whole), whole.at, extent);
	if (numbers[2] == 0)
		return text_refuse(error, "slice: '%.*s': the step is 0", text_length(&whole),
				   whole.at);
	*from = numbers[0];
	*step = numbers[2];
	*count = (numbers[1] - numbers[0]) / *step + ((numbers[1] - numbers[0]) % *step != 0);
	return true;
}

static bool apply_slice(struct changed_layout *changed, struct text_span value, char *error)
{
	size_t from[AML_LAYOUT_NDIMS_MAX], dims[AML_LAYOUT_NDIMS_MAX], steps[AML_LAYOUT_NDIMS_MAX],
		count = 0;
	struct aml_layout *made = NULL;
	int err;

	for (bool more = true; more; count++) {
		struct text_span one = text_cut(&value, ',');

		more = one.end != value.end;
		if (count == changed->ndims)
			return text_refuse(error, "slice: there are more than %zu sections",
					   changed->ndims);
		if (!parse_section(one, changed->dims[count], &from[count], &dims[count],
				   &steps[count], error))
			return false;
	}
	if (count != changed->ndims)
		return text_refuse(error, "slice: there are %zu sections for %zu dimensions", count,
				   changed->ndims);
	err = aml_layout_slice(*changed->layout, &made, from, dims, steps);
	return replace_layout(changed, "slice", err, made, error);
}

static bool apply_reverse(struct changed_layout *changed, struct text_span value, char *error)
{
	struct aml_layout *made = NULL;
	size_t dim;
	int err;

	if (!text_number(&value, &dim) || dim >= changed->ndims)
		return text_refuse(error, "reverse: '%.*s' is not a dimension from 0 to %zu",
				   text_length(&value), value.at, changed->ndims - 1);
	err = aml_layout_reverse(*changed->layout, &made, dim);
	return replace_layout(changed, "reverse", err, made, error);
}

/* The number of elements. False: it overflows. */
static bool count_elements(const size_t *dims, size_t ndims, size_t *count)
{
	*count = 1;
	for (size_t i = 0; i < ndims; i++)
		if (__builtin_mul_overflow(*count, dims[i], count))
			return false;
	return true;
}

/* By the layout's own operator if it can, else by a reshape layout over it. */
static bool apply_reshape(struct changed_layout *changed, struct text_span value, char *error)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], ndims, wanted, have;
	struct aml_layout *made = NULL;

	if (!text_numbers(value, 'x', "reshape", AML_LAYOUT_NDIMS_MAX, dims, &ndims, error))
		return false;
	if (!count_elements(dims, ndims, &wanted) ||
	    !count_elements(changed->dims, changed->ndims, &have) || wanted != have)
		return text_refuse(error, "reshape: '%.*s' has another number of elements",
				   text_length(&value), value.at);
	if (aml_layout_reshape(*changed->layout, &made, ndims, dims) == AML_SUCCESS)
		return replace_layout(changed, "reshape", AML_SUCCESS, made, error);
	/* The new layout owns the old one. */
	if (aml_layout_reshape_create(&made, *changed->layout, aml_layout_order(*changed->layout),
				      ndims, dims) != AML_SUCCESS)
		return text_refuse(error, "reshape: the layout cannot be created");
	*changed->layout = made;
	return true;
}

static bool apply_pad(struct changed_layout *changed, struct text_span value, char *error)
{
	size_t dims[AML_LAYOUT_NDIMS_MAX], offsets[AML_LAYOUT_NDIMS_MAX] = {0}, ndims, n;
	struct text_span extents = text_cut(&value, '@');
	bool has_offsets = extents.end < value.end;
	struct aml_layout *made = NULL;
	void *neutral;
	int err;

	if (!text_numbers(extents, 'x', "pad", AML_LAYOUT_NDIMS_MAX, dims, &ndims, error) ||
	    (has_offsets && !text_numbers(value, ',', "pad: coordinates", AML_LAYOUT_NDIMS_MAX,
					  offsets, &n, error)))
		return false;
	if (ndims != changed->ndims || (has_offsets && n != ndims))
		return text_refuse(error, "pad: there are not as many numbers as dimensions, %zu",
				   changed->ndims);
	neutral = calloc(1, aml_layout_element_size(*changed->layout));
	if (neutral == NULL)
		return text_refuse(error, "pad: %s", aml_strerror(-AML_ENOMEM));
	err = aml_layout_pad_create_at(&made, aml_layout_order(*changed->layout), *changed->layout,
				       dims, neutral, offsets);
	free(neutral);
	if (err != AML_SUCCESS)
		return text_refuse(error, "pad: %s", aml_strerror(err));
	/* The pad owns its target. */
	*changed->layout = made;
	return true;
}

static const struct layout_change {
	const char *key;
	bool (*apply)(struct changed_layout *changed, struct text_span value, char *error);
} layout_change_table[] = {
	{"slice", apply_slice},
	{"reverse", apply_reverse},
	{"reshape", apply_reshape},
	{"pad", apply_pad},
};

/* The keys that must stand before all changes. */
static const char *const early_keys[] = {"order", "pitch", "stride", "steps", "at"};

enum {
	CHANGES = sizeof(layout_change_table) / sizeof(*layout_change_table),
	EARLY_KEYS = sizeof(early_keys) / sizeof(*early_keys),
};

static bool refuse_key(const struct text_span *key, char *error)
{
	const char *names[CHANGES + EARLY_KEYS], *likely;
	char word[CHANGE_KEY_BYTES];

	text_copy(key, word, sizeof(word));
	for (size_t i = 0; i < EARLY_KEYS; i++) {
		names[i] = early_keys[i];
		if (text_is(key, early_keys[i]))
			return text_refuse(error,
					   "%s: it must stand before slice, reverse, reshape "
					   "and pad",
					   word);
	}
	for (size_t i = 0; i < CHANGES; i++)
		names[EARLY_KEYS + i] = layout_change_table[i].key;
	likely = distance_nearest(word, names, CHANGES + EARLY_KEYS);
	if (likely != NULL)
		return text_refuse(error, "'%s' is not a key: did you mean '%s'?", word, likely);
	return text_refuse(error, "'%s' is not a key", word);
}

static bool apply_change(struct aml_layout **layout, struct text_span value, char *error)
{
	struct changed_layout changed = {.layout = layout};
	struct text_span key = text_cut(&value, '=');
	int err;

	changed.ndims = aml_layout_ndims(*layout);
	err = aml_layout_dims(*layout, changed.dims);
	if (err != AML_SUCCESS)
		return text_refuse(error, "%s", aml_strerror(err));
	for (size_t i = 0; i < CHANGES; i++) {
		if (!text_is(&key, layout_change_table[i].key))
			continue;
		if (value.at == value.end)
			return text_refuse(error, "%s: the value is missing",
					   layout_change_table[i].key);
		return layout_change_table[i].apply(&changed, value, error);
	}
	return refuse_key(&key, error);
}

bool layout_changes_apply(struct aml_layout **layout, struct text_span changes, char *error)
{
	while (changes.at < changes.end)
		if (!apply_change(layout, text_cut(&changes, '/'), error))
			return false;
	return true;
}
