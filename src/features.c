/* SPDX-License-Identifier: BSD-3-Clause */
/* The backends that programs written for AML ask for: none. */
#include <aml/utils/features.h>

int aml_support_backends(const unsigned long backends)
{
	return backends == 0;
}
