#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Run the programs of doc/examples as a user would, and check their output with tools that do not
# use the library.
# shellcheck source=tests/build/lib.sh
. "$srcdir/tests/build/lib.sh"

hello=$builddir/doc/examples/01-hello
picture=$builddir/doc/examples/02-picture
matmul=$builddir/doc/examples/03-matmul
scene=$srcdir/doc/examples/picture.ppm

# The messages of the system must be in English.
LC_ALL=C
export LC_ALL

# holds FILE FORMAT: the file has the bytes that printf makes of the format.
holds()
{
	# The format has escapes, which printf must expand.
	# shellcheck disable=SC2059
	printf "$2" | cmp - "$1"
}

# splits INPUT FOLDER: 02-picture succeeds, prints nothing on stderr, and prints one line on stdout
# for each of the four files.
splits()
{
	limited "$picture" "$1" "$2" >"$work/stdout" 2>"$work/stderr"
	status=$?
	cat "$work/stdout" "$work/stderr"
	[ "$status" -eq 0 ] && [ ! -s "$work/stderr" ] && [ "$(wc -l <"$work/stdout")" -eq 4 ] &&
		for file in red.pgm green.pgm blue.pgm transposed.ppm; do
			grep -qF "$2/$file: " "$work/stdout" && [ -f "$2/$file" ] || return 1
		done
}

# refuses ABOUT TEXT ARGUMENT…: 02-picture with these arguments exits with 1 and prints nothing on
# stdout. It prints one line on stderr, which begins with "02-picture: ABOUT: " and contains TEXT.
refuses()
{
	about=$1
	text=$2
	shift 2
	limited "$picture" "$@" >"$work/stdout" 2>"$work/stderr"
	status=$?
	echo "exit status $status, stdout and stderr:"
	cat "$work/stdout" "$work/stderr"
	[ "$status" -eq 1 ] && [ ! -s "$work/stdout" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] &&
		case $(cat "$work/stderr") in
		"02-picture: $about: "*"$text"*) ;;
		*) false ;;
		esac
}

# refuses_file FORMAT TEXT: 02-picture refuses a file with the bytes that printf makes of the format.
# Its message contains TEXT. It does not make the output folder.
refuses_file()
{
	# shellcheck disable=SC2059
	printf "$1" >"$work/bad.ppm"
	refuses "$work/bad.ppm" "$2" "$work/bad.ppm" "$work/none" && [ ! -e "$work/none" ]
}

# prints_usage ARGUMENT…: with these arguments, 02-picture prints the usage and exits with 1.
prints_usage()
{
	limited "$picture" "$@" >"$work/stdout" 2>"$work/stderr"
	[ $? -eq 1 ] && [ ! -s "$work/stdout" ] && grep -q '^usage: 02-picture ' "$work/stderr"
}

# bytes FILE N: print the last N bytes of the file, one decimal number per line.
bytes()
{
	tail -c "$2" "$1" | od -An -v -tu1 | tr -s ' ' '\n' | sed '/^$/d'
}

# is_picture FILE HEADER N: the file has the header, then the N bytes that are listed in
# $work/numbers.
is_picture()
{
	[ "$(wc -c <"$1")" -eq $((${#2} + 1 + $3)) ] || return 1
	[ "$(head -n 3 "$1" | tr '\n' ' ')" = "$2 " ] || return 1
	bytes "$1" "$3" | cmp - "$work/numbers"
}

# is_split FILE WIDTH HEIGHT FOLDER: the four files in the folder are the right results for the
# picture in the file.
is_split()
{
	pixels=$(($2 * $3))
	bytes "$1" $((3 * pixels)) >"$work/source"
	channel=0
	for colour in red green blue; do
		channel=$((channel + 1))
		awk -v c=$((channel % 3)) 'NR % 3 == c' "$work/source" >"$work/numbers"
		is_picture "$4/$colour.pgm" "P5 $2 $3 255" "$pixels" || return 1
	done
	awk -v w="$2" -v h="$3" '
		{ byte[NR - 1] = $1 }
		END {
			for (x = 0; x < w; x++)
				for (y = 0; y < h; y++)
					for (c = 0; c < 3; c++)
						print byte[(y * w + x) * 3 + c]
		}' "$work/source" >"$work/numbers"
	is_picture "$4/transposed.ppm" "P6 $3 $2 255" $((3 * pixels))
}

says_all_arrived()
{
	limited "$hello" >"$work/stdout" 2>"$work/stderr" || return 1
	cat "$work/stdout" "$work/stderr"
	[ ! -s "$work/stderr" ] && [ "$(wc -l <"$work/stdout")" -eq 2 ] &&
		grep -q 'the last one is 19' "$work/stdout"
}

check "01-hello copies" says_all_arrived
for threads in 0 1 3; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	check "01-hello copies with $threads workers" says_all_arrived
	check "the scene is split with $threads workers" splits "$scene" "$work/scene-$threads"
	check "it is split correctly with $threads workers" \
		is_split "$scene" 321 213 "$work/scene-$threads"
done
unset AML_DMA_NUM_THREADS

# multiplies SIZE: 03-matmul succeeds, prints nothing on stderr, and prints three times and a
# percentage.
multiplies()
{
	limited "$matmul" "$@" >"$work/stdout" 2>"$work/stderr"
	status=$?
	cat "$work/stdout" "$work/stderr"
	[ "$status" -eq 0 ] && [ ! -s "$work/stderr" ] && [ "$(wc -l <"$work/stdout")" -eq 5 ] &&
		grep -q "^$1 x $1 doubles in .* the product is right$" "$work/stdout" &&
		[ "$(grep -c '^[a-z ]*  [0-9 ]*\.[0-9]* ms' "$work/stdout")" -eq 3 ] &&
		grep -q '^hidden behind the computing: [0-9]* % of the packing$' "$work/stdout"
}

for threads in 0 1 2 3; do
	AML_DMA_NUM_THREADS=$threads
	export AML_DMA_NUM_THREADS
	sizes='1 63 64 65 200 513'
	# Large matrices are slow under a sanitizer: only 2 workers multiply them there.
	case "$threads $CFLAGS" in
	2*) ;;
	*-fsanitize*) sizes='1 63 64 65' ;;
	esac
	for size in $sizes; do
		check "matrices of size $size, with $threads workers" multiplies $size
	done
done
unset AML_DMA_NUM_THREADS

# refuses_size TEXT ARGUMENT…: with these arguments, 03-matmul exits with 1 and prints one line on
# stderr, which contains TEXT.
refuses_size()
{
	text=$1
	shift
	limited "$matmul" "$@" >"$work/stdout" 2>"$work/stderr"
	status=$?
	echo "exit status $status, stdout and stderr:"
	cat "$work/stdout" "$work/stderr"
	[ "$status" -eq 1 ] && [ ! -s "$work/stdout" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] &&
		grep -qF "$text" "$work/stderr"
}
for size in '' 0 -1 x 5x 1.5 8193 99999999999999999999; do
	check "size '$size'" refuses_size "03-matmul: N is a number from 1 to 8192, not '$size'" "$size"
done
check "two sizes" refuses_size 'usage: 03-matmul ' 64 64

# A picture of two columns and three rows. Some bytes are line feed, #, CR, space and 0.
row1='\000\012\024\043\015\377'
row2='\001\002\003\004\005\006'
row3='\310\040\011\200\177\000'
rows=$row1$row2$row3
red='\000\043\001\004\310\200'
green='\012\015\002\005\040\177'
blue='\024\377\003\006\011\000'
columns='\000\012\024\001\002\003\310\040\011\043\015\377\004\005\006\200\177\000'

# check_small WHAT HEADER MAXVAL: 02-picture makes the right files from the small picture with this
# header. All calls use the same output folder.
check_small()
{
	# shellcheck disable=SC2059
	printf "$2$rows" >"$work/small.ppm"
	check "$1" splits "$work/small.ppm" "$work/small"
	check "$1: red" holds "$work/small/red.pgm" "P5\n2 3\n$3\n$red"
	check "$1: green" holds "$work/small/green.pgm" "P5\n2 3\n$3\n$green"
	check "$1: blue" holds "$work/small/blue.pgm" "P5\n2 3\n$3\n$blue"
	check "$1: transposed" holds "$work/small/transposed.ppm" "P6\n3 2\n$3\n$columns"
}

check "an existing folder is used" splits "$scene" "$work/small"
check_small "a small picture, over a larger one" 'P6\n2 3\n255\n' 255
check_small "one line of header" 'P6 2 3 255 ' 255
check_small "line ends of CR LF, tabs, leading zeros" 'P6\r\n\t 002\r\n\r\n03\r\n255\t' 255
check_small "comments" 'P6# one\n#two 7 7\n 2#three\n# four\r3 #\n#\n255#five\n' 255
check_small "the least maxval" 'P6 2 3 1\n' 1

printf 'P6 1 1 255\n\001\002\003' >"$work/dot.ppm"
check "a picture of one pixel" splits "$work/dot.ppm" "$work/dot"
check "a picture of one pixel, its files" is_split "$work/dot.ppm" 1 1 "$work/dot"

# A picture larger than one read of the program.
head -c 205119 /dev/zero | tr '\000' 'x' >"$work/filler"
{
	printf 'P6\n700 599\n255\n'
	cat "$scene" "$work/filler" "$scene" "$scene" "$scene" "$scene" "$scene" | head -c 1257900
} >"$work/large.ppm"
check "a picture of more than a megabyte" splits "$work/large.ppm" "$work/large"
check "a picture of more than a megabyte, its files" is_split "$work/large.ppm" 700 599 "$work/large"

reads_a_pipe()
{
	# The picture is larger than the buffer of a pipe.
	# shellcheck disable=SC2002
	cat "$scene" | splits /dev/stdin "$work/piped"
}
check "a pipe is read" reads_a_pipe
check "a pipe, its files" is_split "$scene" 321 213 "$work/piped"

# Wrong arguments and a wrong environment.
check "no argument" prints_usage
check "one argument" prints_usage "$scene"
check "three arguments" prints_usage "$scene" "$work/none" more
refuses_many_workers()
{
	limited env AML_DMA_NUM_THREADS=many "$picture" "$scene" "$work/none" \
		>"$work/stdout" 2>"$work/stderr"
	[ $? -eq 1 ] && [ ! -s "$work/stdout" ] && grep -q '^02-picture: aml_init: .*; is AML_DMA_NUM_THREADS a number?' "$work/stderr"
}
check "a number of workers that is not a number" refuses_many_workers

# Bad input files.
check "no such file" refuses "$work/missing.ppm" "No such file" "$work/missing.ppm" "$work/none"
check "a folder as input" refuses "$work" "Is a directory" "$work" "$work/none"
if [ "$(id -u)" -ne 0 ]; then
	cp "$scene" "$work/secret.ppm"
	chmod a-r "$work/secret.ppm"
	check "a file that may not be read" \
		refuses "$work/secret.ppm" "Permission denied" "$work/secret.ppm" "$work/none"
fi
check "an empty file" refuses_file '' 'is empty'
check "one letter" refuses_file 'P' 'is no binary PPM'
check "only the two characters" refuses_file 'P6' 'is no binary PPM'
check "another kind of file" refuses_file '\211PNG\r\n\032\n' 'is no binary PPM'
check "a grey picture" refuses_file 'P5 2 3 255\n\001\002\003\004\005\006' 'is no binary PPM'
check "a picture in plain text" refuses_file 'P3\n1 1\n255\n1 2 3\n' 'plain text (P3)'
check "no space after the letters" refuses_file "P62 3 255\n$rows" 'is no binary PPM'
check "an endless file that is no picture" refuses /dev/zero 'is no binary PPM' /dev/zero "$work/none"

# Bad headers.
check "the end before the width" refuses_file 'P6\n' 'ends within its width'
check "the end in a comment" refuses_file 'P6\n# no end' 'ends within its width'
check "the end within the width" refuses_file 'P6\n2' 'ends within its width'
check "the end before the height" refuses_file 'P6\n2 ' 'ends within its height'
check "the end before the maxval" refuses_file 'P6\n2 3\n' 'ends within its maxval'
check "the end after the maxval" refuses_file 'P6\n2 3\n255' 'ends within its maxval'
check "a width of letters" refuses_file "P6\nx 3\n255\n$rows" 'character 120 (x) in its width'
check "a width below 0" refuses_file "P6\n-2 3\n255\n$rows" 'character 45 (-) in its width'
check "a height with a fraction" refuses_file "P6\n2 3.5\n255\n$rows" 'character 46 (.) in its height'
check "a byte of 0 in the height" refuses_file "P6\n2 3\000\n255\n$rows" 'character 0 (?) in its height'
check "a maxval of two numbers" refuses_file "P6\n2 3\n25;5\n$rows" 'character 59 (;) in its maxval'
check "a width of 0" refuses_file 'P6\n0 3\n255\n' 'its size is 0 x 3'
check "a height of 0" refuses_file 'P6\n2 0\n255\n' 'its size is 2 x 0'
check "a width that overflows" \
	refuses_file 'P6\n184467440737095516170 1\n255\n' 'width of too many digits'
check "a size that overflows" \
	refuses_file 'P6\n4294967296 4294967296\n255\n' 'a size of 4294967296 x 4294967296'
check "a maxval of 0" refuses_file "P6\n2 3\n0\n$rows" 'a maxval of 0'
check "a maxval of two bytes" refuses_file "P6\n2 3\n65535\n$rows$rows" 'a maxval of 65535'
check "a maxval of 256" refuses_file "P6\n2 3\n256\n$rows$rows" 'a maxval of 256'
check "a maxval beyond the format's limit" refuses_file "P6\n2 3\n65536\n$rows" 'a maxval of 65536'

# Bad pixels.
check "no pixels" refuses_file 'P6\n2 3\n255\n' 'it has 0 of 18 bytes'
check "one row missing" refuses_file "P6\n2 3\n255\n$row1$row2" 'it has 12 of 18 bytes'
check "a size far larger than the file" \
	refuses_file "P6\n2000000000 1000000000\n255\n$rows" 'it has 18 of 6000000000000000000 bytes'
check "one byte too many" refuses_file "P6\n2 3\n255\n$rows\001" 'goes on after 2 x 3 pixels'
head -c 1200000 "$work/large.ppm" >"$work/cut.ppm"
check "a large picture, cut" \
	refuses "$work/cut.ppm" 'it has 1199985 of 1257900 bytes' "$work/cut.ppm" "$work/none"

# Bad output folders.
check "a folder in a missing folder" \
	refuses "$work/none/below" 'No such file' "$scene" "$work/none/below"
check "a file where the folder should be" \
	refuses "$work/dot.ppm/red.pgm" 'Not a directory' "$scene" "$work/dot.ppm"
mkdir -p "$work/taken/red.pgm"
check "a folder where a file should be" \
	refuses "$work/taken/red.pgm" 'Is a directory' "$scene" "$work/taken"
long=$(head -c 5000 /dev/zero | tr '\000' 'x')
check "a name too long" refuses "$long" 'name too long' "$scene" "$long"
if [ "$(id -u)" -ne 0 ]; then
	mkdir "$work/closed"
	chmod a-w "$work/closed"
	check "a folder that may not be written to" \
		refuses "$work/closed/red.pgm" 'Permission denied' "$scene" "$work/closed"
fi
if [ -c /dev/full ]; then
	mkdir "$work/full"
	ln -s /dev/full "$work/full/red.pgm"
	check "a full disk" refuses "$work/full/red.pgm" 'No space left' "$scene" "$work/full"
	check "a full disk, a small picture" \
		refuses "$work/full/red.pgm" 'No space left' "$work/dot.ppm" "$work/full"
	says_so()
	{
		limited "$picture" "$scene" "$work/scene" >/dev/full 2>"$work/stderr"
		[ $? -eq 1 ] && grep -q '^02-picture: standard output: ' "$work/stderr"
	}
	check "a full disk where the lines go" says_so
	matmul_says_so()
	{
		limited "$matmul" 10 >/dev/full 2>"$work/stderr"
		[ $? -eq 1 ] && grep -q '^03-matmul: standard output ' "$work/stderr"
	}
	check "a full disk where the times go" matmul_says_so
fi

# says_what_is_wrong PROGRAM: with a wrong number of workers, the program asks about the variable.
says_what_is_wrong()
{
	limited env AML_DMA_NUM_THREADS=many "$1" >"$work/stdout" 2>"$work/stderr"
	[ $? -eq 1 ] && [ ! -s "$work/stdout" ] && grep -q 'is AML_DMA_NUM_THREADS a number?' "$work/stderr"
}
check "a wrong number of workers: 01-hello" says_what_is_wrong "$hello"
check "a wrong number of workers: 03-matmul" says_what_is_wrong "$matmul"

summary
