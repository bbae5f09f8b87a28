/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Draws the figures of the chapter on layouts, as SVG on standard output. Each panel is a piece of
 * memory, one square per element. The library itself says where the elements of a layout lie: a
 * square that has one is coloured, and has the coordinates in it.
 *
 *     figures NAME
 */
#include <aml.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>

enum { CELL = 44, GAP = 40, TOP = 30, MARGIN = 10, LABEL_MAX = 32, CELLS_MAX = 64 };

/* The elements that the figures lay out. No figure reads them. */
static double memory[CELLS_MAX], neutral;

struct panel {
	const char *caption;
	int rows, columns;
	/* Of a layout that is drawn by its coordinates, since not all of it is in memory. */
	int by_coordinates;
	struct aml_layout *layout;
};

struct figure {
	const char *name, *title;
	void (*draw)(struct panel panels[2]);
};

/* A figure without one of its layouts is of no use. */
static void must(int err)
{
	if (err == AML_SUCCESS)
		return;
	fprintf(stderr, "figures: a layout could not be made: %s\n", aml_strerror(err));
	exit(EXIT_FAILURE);
}

static struct aml_layout *dense(int order, size_t rows, size_t columns, const size_t *stride,
				const size_t *pitch, size_t first)
{
	const size_t dims[] = {rows, columns};
	struct aml_layout *layout = NULL;

	must(aml_layout_dense_create(&layout, &memory[first], order, sizeof(*memory), 2, dims,
				     stride, pitch));
	return layout;
}

static struct aml_layout *steps(size_t rows, size_t columns, int row_step, int column_step,
				size_t first)
{
	const size_t dims[] = {rows, columns};
	const ptrdiff_t bytes[] = {row_step * (int)sizeof(*memory),
				   column_step * (int)sizeof(*memory)};
	struct aml_layout *layout = NULL;

	must(aml_layout_steps_create(&layout, &memory[first], AML_LAYOUT_ORDER_C, sizeof(*memory),
				     2, dims, bytes));
	return layout;
}

static void draw_orders(struct panel panels[2])
{
	panels[0] = (struct panel){"AML_LAYOUT_ORDER_C, dims {2, 3}", 1, 6, 0,
				   dense(AML_LAYOUT_ORDER_C, 2, 3, NULL, NULL, 0)};
	panels[1] = (struct panel){"AML_LAYOUT_ORDER_FORTRAN, dims {2, 3}", 1, 6, 0,
				   dense(AML_LAYOUT_ORDER_FORTRAN, 2, 3, NULL, NULL, 0)};
}

static void draw_block(struct panel panels[2])
{
	const size_t pitch[] = {5, 7}, stride[] = {2, 3};

	panels[0] = (struct panel){"dims {2, 3}, pitch {5, 7}", 5, 7, 0,
				   dense(AML_LAYOUT_ORDER_C, 2, 3, NULL, pitch, 9)};
	panels[1] = (struct panel){"dims {2, 3}, stride {2, 3}, pitch {5, 7}", 5, 7, 0,
				   dense(AML_LAYOUT_ORDER_C, 2, 3, stride, pitch, 0)};
}

static void draw_steps(struct panel panels[2])
{
	panels[0] = (struct panel){"dims {3, 4}, steps {-32, 8}", 3, 4, 0, steps(3, 4, -4, 1, 8)};
	panels[1] = (struct panel){"dims {3, 4}, steps {8, 24}", 4, 3, 0, steps(3, 4, 1, 3, 0)};
}

static void draw_slice(struct panel panels[2])
{
	const size_t offsets[] = {1, 2}, dims[] = {2, 2}, strides[] = {2, 3};
	struct aml_layout *whole = dense(AML_LAYOUT_ORDER_C, 4, 7, NULL, NULL, 0), *slice = NULL;

	must(aml_layout_slice(whole, &slice, offsets, dims, strides));
	panels[0] = (struct panel){"dims {4, 7}", 4, 7, 0, whole};
	panels[1] = (struct panel){"offsets {1, 2}, dims {2, 2}, strides {2, 3}", 4, 7, 0, slice};
}

static void draw_reshape(struct panel panels[2])
{
	const size_t pitch[] = {2, 5};
	struct aml_layout *reshape = NULL;

	panels[0] = (struct panel){"dims {2, 4}, pitch {2, 5}", 2, 5, 0,
				   dense(AML_LAYOUT_ORDER_C, 2, 4, NULL, pitch, 0)};
	must(aml_layout_reshape_create(&reshape, dense(AML_LAYOUT_ORDER_C, 2, 4, NULL, pitch, 0),
				       AML_LAYOUT_ORDER_C, 2, (size_t[]){4, 2}));
	panels[1] = (struct panel){"reshaped to {4, 2}", 2, 5, 0, reshape};
}

static void draw_pad(struct panel panels[2])
{
	struct aml_layout *pad = NULL;

	panels[0] = (struct panel){"the target, dims {2, 3}", 2, 3, 0,
				   dense(AML_LAYOUT_ORDER_C, 2, 3, NULL, NULL, 0)};
	must(aml_layout_pad_create_at(&pad, AML_LAYOUT_ORDER_C,
				      dense(AML_LAYOUT_ORDER_C, 2, 3, NULL, NULL, 0),
				      (size_t[]){4, 5}, &neutral, (size_t[]){1, 1}));
	panels[1] = (struct panel){"the pad, dims {4, 5}, offsets {1, 1}", 4, 5, 1, pad};
}

static void draw_transpose(struct panel panels[2])
{
	panels[0] = (struct panel){"the source, steps {24, 8}", 2, 3, 0, steps(2, 3, 3, 1, 0)};
	panels[1] = (struct panel){"the destination, steps {8, 16}", 3, 2, 0, steps(2, 3, 1, 2, 0)};
}

static const struct figure figures[] = {
	{"block", "A block of a larger array, and every second row and third column", draw_block},
	{"orders", "The same extents in both orders", draw_orders},
	{"pad", "A pad around a target; N is the neutral element", draw_pad},
	{"reshape", "A reshape of a block with gaps", draw_reshape},
	{"slice", "A slice", draw_slice},
	{"steps", "Rows from bottom to top, and columns as rows", draw_steps},
	{"transpose", "A copy that transposes: equal coordinates match", draw_transpose},
};

/* Write the label of the square for each element of the layout. */
static void label_cells(const struct panel *panel, char labels[CELLS_MAX][LABEL_MAX])
{
	size_t dims[2], c[2];

	must(aml_layout_dims(panel->layout, dims));
	for (c[0] = 0; c[0] < dims[0]; c[0]++)
		for (c[1] = 0; c[1] < dims[1]; c[1]++) {
			const double *element = aml_layout_deref(panel->layout, c);
			int is_inside = element >= memory && element < memory + CELLS_MAX;
			size_t at = panel->by_coordinates ? c[0] * dims[1] + c[1]
							  : (size_t)(element - memory);

			if (is_inside)
				snprintf(labels[at], LABEL_MAX, "%zu,%zu", c[0], c[1]);
			else
				snprintf(labels[at], LABEL_MAX, "N");
		}
}

static void draw_panel(const struct panel *panel, int left)
{
	char labels[CELLS_MAX][LABEL_MAX] = {{0}};

	label_cells(panel, labels);
	printf("<text x=\"%d\" y=\"20\">%s</text>\n", left, panel->caption);
	for (int i = 0; i < panel->rows * panel->columns; i++) {
		int x = left + i % panel->columns * CELL, y = TOP + i / panel->columns * CELL;
		const char *fill = labels[i][0] == '\0'  ? "#fff"
				   : labels[i][0] == 'N' ? "#eee"
							 : "#cfe0f7";

		printf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", x, y,
		       CELL, CELL, fill);
		if (labels[i][0] != '\0')
			printf("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
			       x + CELL / 2, y + CELL / 2 + 5, labels[i]);
	}
	aml_layout_destroy(&(struct aml_layout *){panel->layout});
}

static int width_of(const struct panel *panel)
{
	int cells = panel->columns * CELL, text = (int)strlen(panel->caption) * 9;

	return cells > text ? cells : text;
}

static void draw(const struct figure *figure)
{
	struct panel panels[2];
	int width, rows;

	figure->draw(panels);
	width = 2 * MARGIN + width_of(&panels[0]) + GAP + width_of(&panels[1]);
	rows = panels[0].rows > panels[1].rows ? panels[0].rows : panels[1].rows;
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	       "font-family=\"sans-serif\" font-size=\"14\">\n<title>%s</title>\n"
	       "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<g stroke-width=\"1\">\n"
	       "<style>g rect { stroke: #456 }</style>\n",
	       width, TOP + rows * CELL + MARGIN, figure->title);
	draw_panel(&panels[0], MARGIN);
	draw_panel(&panels[1], MARGIN + width_of(&panels[0]) + GAP);
	printf("</g>\n</svg>\n");
}

int main(int argc, char *argv[])
{
	for (size_t i = 0; argc == 2 && i < sizeof(figures) / sizeof(*figures); i++)
		if (strcmp(argv[1], figures[i].name) == 0) {
			draw(&figures[i]);
			return EXIT_SUCCESS;
		}
	fprintf(stderr, "usage: figures NAME; the names are:");
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		fprintf(stderr, " %s", figures[i].name);
	fprintf(stderr, "\n");
	return 2;
}
