#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Make the reference: doc/reference/html with the guide, and doc/reference/man3 for man. Doxygen
# makes the pages. Each group and each structure has a man page, whose NAME section lists the names
# that it describes; for each of these names there is a page that refers to it.
# usage: pages.sh DOXYGEN INCLUDE…    in the build folder; INCLUDE are the folders of the headers
set -eu
doxygen=$1
shift
includes=$*
cd doc/reference
rm -rf html man man3
# Name the chapters in the menu as what they are.
"$doxygen" -l layout.xml
sed '/<tab type="pages"/s/title=""/title="Guide"/' layout.xml >layout-guide.xml
mv layout-guide.xml layout.xml
(cd ../.. && "$doxygen" doc/reference/Doxyfile)
mv warnings.log warnings-html.log
# The man pages: without C++, where the class aml::layout would take the page of the structure
# aml_layout. In C, each parameter must be described; in C++, a description may refer to C.
{
	cat Doxyfile
	printf '%s\n' 'GENERATE_HTML = NO' 'GENERATE_MAN = YES' 'FILE_PATTERNS = *.h' \
		'WARN_NO_PARAMDOC = YES'
} | (cd ../.. && "$doxygen" -)
cat warnings-html.log >>warnings.log
rm warnings-html.log

# header_of PAGE: the header that describes a group or defines a structure.
header_of()
{
	for include in $includes; do
		(cd "$include" && grep -rlE "@defgroup $1 |^struct $1 \{" . | sed 's,^\./,,')
	done
}

# names_in PAGE: the names that the page of a group describes, other than structures. In a line of
# the synopsis, that is the first name of a macro, each name of an enumeration, and the last one
# before any parameters otherwise.
names_in()
{
	awk '
		function name_once(name) {
			if (name ~ /^(aml|AML)_[A-Za-z0-9_]*$/ && !seen[name]++)
				print name
		}
		/^\.SH "Detailed/ { exit }
		/^\.SS/ { members = !/Data (Structures|Fields)/ }
		/^\.ti/ { begins = members; next }
		!begins { next }
		{ begins = 0 }
		/^\.RI "enum/ {
			n = split($0, parts, /\\f[BP]/)
			for (i = 2; i <= n; i += 2)
				name_once(parts[i])
			next
		}
		/^\.RI "#define/ { sub(/\\fP.*/, "") }
		{ sub(/\\fP\)? \(.*/, ""); sub(/\\fP[^\\]*"$/, "") }
		match($0, /.*\\fB/) { name_once(substr($0, RLENGTH + 1)) }' "$1"
}

# opaque_in GROUP: print "NAME DESCRIPTION" for each structure that the group describes where it is
# declared. Doxygen leaves them out: they are defined elsewhere, or by the program.
opaque_in()
{
	for include in $includes; do
		find "$include" -name '*.h' -exec cat {} + | awk -v wanted="$1" '
			$2 ~ /^@(defgroup|addtogroup)$/ { group = $3 }
			/@}/ { group = "" }
			/^\/\*\*/ { comment = ""; reading = 1 }
			reading {
				reading = !/\*\/$/
				described = !reading
				gsub(/^ *\/?\*+\/? ?| *\*\/$/, "")
				comment = comment " " $0
				next
			}
			described && group == wanted && /^struct [a-z_0-9]+;$/ {
				print substr($2, 1, length($2) - 1) comment
			}
			{ described = 0 }'
	done
}

mkdir man3
for page in man/man3/aml_*.3; do
	name=$(basename "$page" .3)
	names=
	opaque_in "$name" >opaque
	for other in $(names_in "$page") $(cut -d ' ' -f 1 opaque); do
		names="$names, $other"
		echo ".so man3/$name.3" >"man3/$other.3"
	done
	awk -v header="$(header_of "$name")" -v name="$name" -v names="$names" '
		/^\.SH NAME/ { inside_name = 1 }
		/^\.SH SYNOPSIS/ {
			inside_name = 0
			print
			print ".nf"
			print "\\fB#include <" header ">\\fP"
			print ".fi"
			next
		}
		inside_name && /^(\.PP| \\- )/ { next }
		inside_name && index($0, name " \\- ") == 1 {
			what = substr($0, length(name) + 5)
			sub(/(\\&)?\.[ \t]*$/, "", what)
			if (what ~ /^[A-Z][a-z]/)
				what = tolower(substr(what, 1, 1)) substr(what, 2)
			print name names " \\- " what
			next
		}
		/^\\fC#include </ { next }
		# The opaque structures end the synopsis.
		/^\.SH "Detailed/ {
			while ((getline line <"opaque") > 0) {
				if (!opaque++)
					print ".SS \"Opaque Structures\"\n\n.in +1c"
				what = line
				sub(/[^ ]* /, "", what)
				gsub(/"/, "\\(dq", what)
				sub(/ .*/, "", line)
				print ".ti -1c\n.RI \"struct \\fB" line "\\fP\"\n.br\n.RI \"" what "\""
			}
			if (opaque)
				print ".in -1c"
		}
		# groff joins the lines of the value of a macro, which end in a backslash. Let it fill
		# them instead.
		/^\\fBValue:\\fP$/ { value = 1 }
		value && /^\.nf$/ { text = ""; filling = 1; print ".RS 3"; next }
		value && /^\.fi$/ {
			gsub(/[ \t]+/, " ", text)
			print substr(text, 2)
			print ".RE"
			value = filling = 0
			next
		}
		filling { sub(/\\$/, ""); text = text " " $0; next }
		/^\.SH "Author"/ {
			print ".SH \"SEE ALSO\""
			print ".BR aml-dma (7),"
			print ".BR aml-dma-layouts (7)"
			exit
		}
		# Doxygen leaves the backslash of C as it is, and groff takes it for its own.
		{ gsub(/\\n/, "\\en"); print }' "$page" >"man3/$name.3"
done
rm -r man opaque
