#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# aml-dma info: the machine as others see it, and what became of the environment variables.
# shellcheck source=tests/tools/lib.sh
. "$srcdir/tests/tools/lib.sh"

# with VARIABLES COMMAND…: run a command of this test with variables in the environment, which are
# words without spaces.
with()
{
	variables=$1
	shift
	(
		for variable in $variables; do
			# Any name, also one in small letters.
			# shellcheck disable=SC2163
			export "$variable"
		done
		"$@"
	)
}

# problem VARIABLES TEXT: the line below that of the variable has the text.
problem()
{
	name=$(echo "$1" | sed 's/ .*//; s/=.*//')
	with "$1" exits 0 info && [ ! -s "$work/err" ] || return
	grep -A 1 "^  $name\( \|\$\)" "$work/out" | sed -n 2p >"$work/below"
	grep -qF -e "$2" "$work/below" || {
		cat "$work/out"
		echo "not said of $name: $2"
		return 1
	}
}

# no_problem VARIABLES
no_problem()
{
	with "$1" exits 0 info && [ ! -s "$work/err" ] && ! grep PROBLEM "$work/out"
}

# Each variable that the library or the Python package reads is in the table, and the other way
# round. src reads variables by one function only.
table_is_complete()
{
	[ "${AML_TEST_SOURCES-}" != no ] || return 0
	if grep -rnE '\<(secure_)?getenv *\(' "$srcdir/src" | grep -v '^[^:]*/src/util/environment.h:'; then
		echo "use environment_get()"
		return 1
	fi
	{
		grep -rhoE 'environment_get\("AML_DMA_[A-Z_]*"\)' "$srcdir/src" "$srcdir/mpi"
		grep -rhoE 'environ\.get\("AML_DMA_[A-Z_]*"\)' "$srcdir/python/aml_dma"
	} | sed 's/.*("//; s/").*//' | sort -u >"$work/read"
	# A name that the function gets in another way would be missed.
	[ "$(grep -rhE 'environment_get\(' "$srcdir/src" "$srcdir/mpi" | grep -vcE '"(AML_DMA|AML_TEST)_|char \*name\)')" -eq 0 ] ||
		return
	"$tool" info | sed -n '/^environment variables/,/^$/s/^  \(AML_DMA_[A-Z_]*\) .*/\1/p' |
		sort >"$work/table"
	diff "$work/read" "$work/table" && [ "$(wc -l <"$work/table")" -ge 6 ]
}

# The guide and the man page name each variable of the library.
documents_name_all()
{
	[ "${AML_TEST_SOURCES-}" != no ] || return 0
	while read -r name; do
		[ "$name" != AML_DMA_LIBRARY ] || continue
		grep -q "$name" "$srcdir/doc/guide/environment.md" || return
		grep -q "$name" "$srcdir/doc/man/aml-dma-env.7" || return
	done <"$work/table"
}

# The names of instruction sets in the table are those of the kernels.
knows_all_sets()
{
	[ "${AML_TEST_SOURCES-}" != no ] || return 0
	grep -rhoE '\.name = "[a-z0-9]+"' "$srcdir/src/kernels" | sed 's/.*"\(.*\)"/\1/' | sort -u >"$work/sets"
	[ -s "$work/sets" ] || return
	while read -r name; do
		with "AML_DMA_ISA=$name" exits 0 info || return
		! grep "there is no such instruction set" "$work/out" || return
	done <"$work/sets"
}

check "the table has the variables that are read" table_is_complete
check "the documents name them" documents_name_all
check "all instruction sets are known" knows_all_sets
check "nothing is wrong without variables" no_problem A=1
check "nothing is wrong with good values" no_problem \
	"AML_DMA_NUM_THREADS=0 AML_DMA_ISA=portable AML_DMA_STATS=1 AML_DMA_TUNE=flat=stream AML_DMA_TRACE=$work/none AML_DMA_TUNE_FILE=$work/none"
check "a path is not touched" test ! -e "$work/none"
check "values that switch off" no_problem "AML_DMA_STATS=0 AML_DMA_TUNE=off"
check "empty values" no_problem "AML_DMA_STATS= AML_DMA_TUNE= AML_DMA_TRACE= AML_DMA_TUNE_FILE= AML_DMA_ISA="

check "workers that are no number" problem AML_DMA_NUM_THREADS=abc "aml_init() returns -AML_EINVAL"
check "workers that are negative" problem AML_DMA_NUM_THREADS=-1 "aml_init() returns -AML_EINVAL"
check "an empty number of workers" problem AML_DMA_NUM_THREADS= "aml_init() returns -AML_EINVAL"
check "an instruction set that is misspelt" problem AML_DMA_ISA=porable \
	"it is ignored: there is no such instruction set; did you mean 'portable'?"
case $(uname -m) in
x86_64) foreign=neon ;;
*) foreign=avx2 ;;
esac
check "an instruction set of another machine" problem AML_DMA_ISA=$foreign \
	"it is ignored: this machine does not support '$foreign'"
check "a method of MPI that does not exist" problem AML_DMA_MPI_METHOD=teleport "there is no such method"
check "a value other than 1" problem AML_DMA_STATS=yes "only the value 1 has an effect"
check "a variant that does not exist" problem AML_DMA_TUNE=flat=fast "it is ignored"
check "a trace in a folder that does not exist" problem AML_DMA_TRACE=/none/such/trace \
	"no trace is written: No such file or directory"
check "a trace in a folder" problem AML_DMA_TRACE="$work" "no trace is written: it is no regular file"
check "a tuning file in a folder that does not exist" problem AML_DMA_TUNE_FILE=/none/such/file \
	"neither read nor written: No such file or directory"
echo "something else" >"$work/notes"
check "another file as tuning file" problem "AML_DMA_TUNE_FILE=$work/notes" \
	"the file is ignored, and not replaced: it is not a tuning file"
echo "aml-dma-tune 1" >"$work/broken"
check "a broken tuning file" problem "AML_DMA_TUNE_FILE=$work/broken" \
	"the file is ignored: it cannot be read, or is broken"
printf 'aml-dma-tune 1\nmachine other\n' >"$work/foreign"
check "a tuning file of another machine" problem "AML_DMA_TUNE_FILE=$work/foreign" \
	"the file is ignored: it is from another machine"

check "a letter is missing" problem AML_DMA_NUM_THREAD=3 "did you mean AML_DMA_NUM_THREADS?"
check "two letters are swapped" problem AML_DMA_TARCE=3 "did you mean AML_DMA_TRACE?"
check "a part is missing" problem AML_DMA_THREADS=3 "did you mean AML_DMA_NUM_THREADS?"
check "a longer name" problem AML_DMA_TRACE_FILE=3 "did you mean AML_DMA_TRACE?"
check "another longer name" problem AML_DMA_TUNE_FILE_NAME=3 "did you mean AML_DMA_TUNE_FILE?"
check "only a part" problem AML_DMA_THREAD=3 "did you mean AML_DMA_NUM_THREADS?"
check "an empty value" with AML_DMA_TRACE= prints '""' info
check "more workers than threads" problem AML_DMA_NUM_THREADS=99999999999999 \
	"aml_init() returns -AML_ENOMEM"
check "the prefix is misspelt" problem ALM_DMA_TRACE=3 "did you mean AML_DMA_TRACE?"
check "small letters" problem aml_dma_tune=off "did you mean AML_DMA_TUNE?"
check "a name that is like none" problem AML_DMA_BANANA=1 \
	"the library has no variable of this name"
check "names of others" no_problem "AML_HOME=1 DMA_TRACE_LEVEL=1 OMP_NUM_THREADS=2"

if ! has_parser; then
	echo "not checked: JSON, because there is no python3"
	summary
fi

variable='next(v for v in d["variables"] if v["name"] == "%s")'
num_threads=$(printf "$variable" AML_DMA_NUM_THREADS)

check "the schema comes first" finds 'list(d)[:2] == ["schema", "command"] and d["schema"] == 1 and d["command"] == "info"' info
check "the version" finds "d['version'] == '$(sed -n 's/^#define AML_VERSION_STRING "\(.*\)"$/\1/p' "$srcdir/include/aml/utils/version.h")'" info
check "the CPUs in the mask" finds \
	'd["cpus"]["in_mask"] == len(__import__("os").sched_getaffinity(0))' info
check "the workers are the CPUs, within the quota" finds \
	'd["workers"] == min(d["cpus"]["in_mask"], d["cpus"]["quota_rounded_up"] or 1 << 30)' info
check "the kernels in use are supported, and the fastest" finds \
	'd["kernels"]["in_use"] == d["kernels"]["supported"][0] and d["kernels"]["supported"][-1] == "portable"' info
check "caches are numbers" finds 'all(isinstance(n, int) and n > 0 for n in d["caches"].values())' info
check "there is no backend" finds 'len(d["backends"]) == 7 and not any(d["backends"].values())' info
check "nothing is learnt" finds 'd["learnt"] == []' info
check "a variable that is not set" finds "${num_threads}['value'] is None and
	${num_threads}['origin'] == 'default' and ${num_threads}['default'] == str(d['workers'])" info
check "a variable that is set" with AML_DMA_NUM_THREADS=7 finds "d['workers'] == 7 and
	${num_threads}['value'] == '7' and ${num_threads}['origin'] == 'environment' and
	${num_threads}['problem'] is None" info
check "a value that is wrong" with AML_DMA_NUM_THREADS=abc finds "d['workers'] is None and
	${num_threads}['value'] == 'abc' and 'AML_EINVAL' in ${num_threads}['problem']" info
odd=$(printf 'a"\\\001\377')
check "a value with odd bytes" with "AML_DMA_NUM_THREADS=$odd" finds \
	"${num_threads}['value'] == 'a\"\\\\\\x01\\ufffd'" info
check "a misspelt name" with AML_DMA_TARCE=1 finds \
	"d['unknown_variables'] == [{'name': 'AML_DMA_TARCE', 'likely': 'AML_DMA_TRACE'}]" info
check "another instruction set" with AML_DMA_ISA=portable finds 'd["kernels"]["in_use"] == "portable"' info
if command -v taskset >/dev/null && taskset -c 0 true 2>/dev/null; then
	masked()
	{
		limited taskset -c 0 "$tool" info --json >"$work/out" && holds 'd["cpus"]["in_mask"] == 1 and d["workers"] == 1'
	}
	check "a mask of one CPU" masked
fi

# A program that learns the rates of flat copies. Then other rates are written into the file: 1 GB/s
# is 1024000 picoseconds for each KiB.
cat >"$work/learn.c" <<'C'
#include <aml.h>
#include <aml/dma/linux.h>

int main(int argc, char *argv[])
{
	const size_t size = 17 << 20;
	char *to = aligned_alloc(4096, size), *from = aligned_alloc(4096, size);

	if (to == NULL || from == NULL || aml_init(&argc, &argv) != 0)
		return 1;
	memset(from, 7, size);
	for (int i = 0; i < 3; i++)
		if (aml_dma_copy_custom(aml_dma_linux, (struct aml_layout *)to,
					(struct aml_layout *)from, aml_dma_linux_memcpy_op,
					(void *)size) != 0)
			return 1;
	free(to);
	free(from);
	return aml_finalize() != 0;
}
C
learns()
{
	link_built "$work/learn" "$work/learn.c" &&
		AML_DMA_TUNE_FILE=$work/learnt limited "$work/learn" &&
		sed -i 's,^\(flat [^=]*\) .*=.*,\1 cached=1024000/5 stream=512000/7,' "$work/learnt" &&
		grep -q '^flat .* cached=1024000/5 stream=512000/7$' "$work/learnt"
}
check "a file of what was learnt" learns
check "what was learnt is printed" with "AML_DMA_TUNE_FILE=$work/learnt" prints \
	"flat of 2^24 B, dst in lines, src in lines: stream; cached 1.00 GB/s stream 2.00 GB/s" info
check "and is in the JSON" with "AML_DMA_TUNE_FILE=$work/learnt" finds \
	'd["learnt"][0]["kind"] == "flat" and d["learnt"][0]["best_variant"] == "stream" and d["learnt"][0]["variants"] == [
	{"variant": "cached", "bytes_per_second": 1e9, "samples": 5},
	{"variant": "stream", "bytes_per_second": 2e9, "samples": 7}]' info
cp "$work/learnt" "$work/before"
check "the file is not written" with "AML_DMA_TUNE_FILE=$work/learnt" prints stream info
check "it is the same" cmp "$work/learnt" "$work/before"
check "explain uses it" with "AML_DMA_TUNE_FILE=$work/learnt AML_DMA_NUM_THREADS=1" finds \
	'd["plan"]["choice"] == "learnt" and d["plan"]["variant"] == "stream" and
	d["learnt"] == {"bytes_per_second_per_worker": 2e9, "samples": 7}' explain --src 17825792:u8
check "and says so" with "AML_DMA_TUNE_FILE=$work/learnt AML_DMA_NUM_THREADS=3" prints \
	"about 6 GB/s: learnt, 2 GB/s by each of 3 threads, 7 samples" explain --src 17825792:u8
check "a measurement does not write it" with "AML_DMA_TUNE_FILE=$work/learnt" \
	prints "the result is right" explain --src 1000:u8 --measure
check "it is still the same" cmp "$work/learnt" "$work/before"

summary
