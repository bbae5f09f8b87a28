/* SPDX-License-Identifier: BSD-3-Clause */
#include "units.h"

#include <stdbool.h>
#include <stdio.h>

/* Print a number with the largest of the units, each 1000 of the one before, that fits. */
static void print_scaled(char text[UNITS_TEXT_BYTES], double number, const char *const *units,
			 const char *after)
{
	bool scaled = false;
	int decimals;

	while (number >= 999.5 && units[1] != NULL) {
		number /= 1000;
		units++;
		scaled = true;
	}
	decimals = !scaled || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
	(void)snprintf(text, UNITS_TEXT_BYTES, "%.*f %s%s", decimals, number, *units, after);
}

void units_time(char text[UNITS_TEXT_BYTES], double ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s", NULL};

	print_scaled(text, ns, units, "");
}

void units_bytes(char text[UNITS_TEXT_BYTES], double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", NULL};

	print_scaled(text, bytes, units, "");
}

void units_rate(char text[UNITS_TEXT_BYTES], double bytes_per_s)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", NULL};

	print_scaled(text, bytes_per_s, units, "/s");
}
