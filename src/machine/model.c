/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks the CPU for its model. On x86-64, that is the instruction cpuid. On aarch64, it is the
 * register midr_el1, which Linux lets programs read.
 */
#include "machine/model.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>

struct cpu_model {
	char vendor[13];    /* ends with '\0' */
	uint32_t signature; /* family, model and stepping */
};

/* Constant after find_model(). */
static struct cpu_model model = {"unknown", 0};

/* Runs when the library is loaded: in a virtual machine, cpuid takes a long time. */
__attribute__((constructor(101))) static void find_model(void)
{
	uint32_t a, b, c, d;

	if (!__get_cpuid(0, &a, &b, &c, &d))
		return;
	memcpy(model.vendor, &b, 4);
	memcpy(model.vendor + 4, &d, 4);
	memcpy(model.vendor + 8, &c, 4);
	model.vendor[12] = '\0';
	if (__get_cpuid(1, &a, &b, &c, &d))
		model.signature = a;
}

bool machine_is_amd(void)
{
	return strcmp(model.vendor, "AuthenticAMD") == 0 ||
	       strcmp(model.vendor, "HygonGenuine") == 0;
}

void machine_model(char text[MACHINE_MODEL_BYTES])
{
	(void)snprintf(text, MACHINE_MODEL_BYTES, "%s-%x", model.vendor, model.signature);
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			*text = '_';
}

#else

bool machine_is_amd(void)
{
	return false;
}

#ifdef __aarch64__
#include <sys/auxv.h>

/* If the CPUs of a machine differ, this is the model of the CPU that the thread runs on. */
void machine_model(char text[MACHINE_MODEL_BYTES])
{
	unsigned long midr = 0;

	if ((getauxval(AT_HWCAP) & HWCAP_CPUID) != 0)
		__asm__("mrs %0, midr_el1" : "=r"(midr));
	if (midr != 0)
		(void)snprintf(text, MACHINE_MODEL_BYTES, "arm-%lx", midr);
	else
		(void)snprintf(text, MACHINE_MODEL_BYTES, "unknown");
}

#else

void machine_model(char text[MACHINE_MODEL_BYTES])
{
	(void)snprintf(text, MACHINE_MODEL_BYTES, "unknown");
}
#endif
#endif
