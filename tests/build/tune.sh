#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The environment variables AML_DMA_TUNE and AML_DMA_TUNE_FILE of a program that uses the installed
# form of the library.
# Contract: ENV-4, ENV-5.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

# tune [END]: copy 17 MiB a few times, print the engine, and end: with "leave" without destroying
# the engine, else after that.
cat >"$work/tune.c" <<'END'
#include <aml.h>
#include <aml/dma/linux.h>

int main(int argc, char *argv[])
{
	const size_t size = 17 << 20;
	char *to = malloc(size), *from = calloc(1, size);

	if (to == NULL || from == NULL || aml_init(&argc, &argv) != 0)
		return 1;
	memset(from + size / 2, 7, size / 2);
	for (int i = 0; i < 3; i++)
		if (aml_dma_copy_custom(aml_dma_linux, (struct aml_layout *)to,
					(struct aml_layout *)from, aml_dma_linux_memcpy_op,
					(void *)size) != 0)
			return 1;
	if (memcmp(to, from, size) != 0 || aml_dma_fprintf(stdout, "", aml_dma_linux) != 0)
		return 1;
	free(to);
	free(from);
	return argc > 1 ? 0 : aml_finalize() != 0;
}
END

file=$work/learnt

# prints VARIABLES TEXT…: with the variables, the program prints each text.
prints()
{
	variables=$1
	shift
	# There may be several variables.
	# shellcheck disable=SC2086
	limited env $variables "$work/tune" >"$work/printed" || return
	for text; do
		grep -qF "$text" "$work/printed" || {
			cat "$work/printed"
			echo "not printed: $text"
			return 1
		}
	done
}

prints_no_class()
{
	prints "$1" "$2" || return
	! grep "GB/s" "$work/printed"
}

is_written_at_exit()
{
	rm -f "$file"
	AML_DMA_TUNE_FILE=$file limited "$work/tune" leave && grep -q '^flat .*=.*/' "$file"
}

no_temporary_is_left()
{
	[ "$(find "$work" -name 'learnt*' | wc -l)" -eq 1 ]
}

cannot_be_written()
{
	prints AML_DMA_TUNE_FILE=/none/such/learnt "tuning file: is new"
}

check "a program that prints what was learnt" link_built "$work/tune" "$work/tune.c"
check "the classes are printed" prints A=1 "tuning: on" "flat of 2^24" "GB/s"
check "off: nothing is learnt" prints_no_class AML_DMA_TUNE=off "tuning: off"
check "a forced variant is printed" prints_no_class AML_DMA_TUNE=flat=cached,transpose=direct \
	"tuning of flat: forced: cached"
check "the other forced variant is used" prints AML_DMA_TUNE=flat=stream \
	"tuning of flat: forced: stream"
check "a value that is not valid is ignored, and reported" prints AML_DMA_TUNE=flat=fast \
	"tuning: AML_DMA_TUNE is ignored" "flat of 2^24"
check "the last engine writes the file" prints "AML_DMA_TUNE_FILE=$file" "tuning file: is new"
check "the next process reads it" prints "AML_DMA_TUNE_FILE=$file" "tuning file: was read"
check "the file is written at exit" is_written_at_exit
check "no temporary is left" no_temporary_is_left
check "a folder that does not exist" cannot_be_written
echo "something else" >"$file"
check "another file is ignored, and reported" prints "AML_DMA_TUNE_FILE=$file" \
	"tuning file: is ignored, and not replaced: it is not a tuning file"
check "it stays" grep -qx "something else" "$file"
printf 'aml-dma-tune 1\nsomething else\n' >"$file"
check "a broken file is ignored, and reported" prints "AML_DMA_TUNE_FILE=$file" \
	"tuning file: is ignored: it cannot be read, or is broken"
check "it is replaced" prints "AML_DMA_TUNE_FILE=$file" "tuning file: was read"
sed 's/^machine [^ ]*/machine other/' "$file" >"$work/other" && mv "$work/other" "$file"
check "a file of another machine is ignored, and reported" prints "AML_DMA_TUNE_FILE=$file" \
	"tuning file: is ignored: it is from another machine or version"

summary
