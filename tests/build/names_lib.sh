# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# The names that the public headers define for C. Include this file after lib.sh.

# defined_names: print a line for each name, except those of functions and variables: "macro NAME"
# and its value, "struct NAME", "member STRUCT NAME", "enum NAME", "enumerator NAME" or "typedef
# NAME". A structure that is only declared is a "struct", too.
defined_names()
{
	find "$srcdir/include" "$srcdir/mpi/include" -name '*.h' -exec cat {} + | awk '
		# Print the name in a declaration: of a pointer to a function, or of anything else.
		function declared(what, text) {
			if (match(text, /\(\*[A-Za-z_0-9]+\)/)) {
				print what, substr(text, RSTART + 2, RLENGTH - 3)
				return
			}
			sub(/[[=].*/, "", text)
			sub(/ *$/, "", text)
			sub(/.*[^A-Za-z_0-9]/, "", text)
			if (text != "")
				print what, text
		}
		# Return the text up to the brace that matches the open brace at its beginning.
		function braced(text, i, c, depth) {
			for (i = 1; i <= length(text); i++) {
				c = substr(text, i, 1)
				depth += (c == "{") - (c == "}")
				if (depth == 0)
					return substr(text, 1, i)
			}
		}
		# Print the names in the braces of a structure or an enumeration. Commas stand between
		# names, except in the parameters of a pointer to a function.
		function contents(kind, name, text, what, part, n, i) {
			what = kind == "struct" ? "member " name : "enumerator"
			text = substr(text, 2, length(text) - 2)
			gsub(/\{[^{}]*\}/, "", text)
			gsub(/\)\([^()]*\)/, ")", text)
			n = split(text, part, /[;,]/)
			for (i = 1; i <= n; i++)
				declared(what, part[i])
		}
		{ all = all $0 "\n" }
		END {
			n = split(all, part, "/[*]")
			text = part[1]
			for (i = 2; i <= n; i++)
				text = text substr(part[i], index(part[i], "*/") + 2)
			gsub(/\\\n/, "", text)
			n = split(text, line, "\n")
			text = ""
			for (i = 1; i <= n; i++) {
				gsub(/[ \t]+/, " ", line[i])
				if (line[i] !~ /^#/)
					text = text " " line[i]
				else if (match(line[i], /^#define [A-Za-z_0-9]+[ (]/))
					print "macro", substr(line[i], 9, RLENGTH - 9), substr(line[i], RLENGTH)
			}
			while (match(text, /(struct|enum) [a-z_0-9]+ ?[{;]|typedef [^;]*;/)) {
				found = substr(text, RSTART, RLENGTH)
				text = substr(text, RSTART + RLENGTH - 1)
				if (found ~ /^typedef/) {
					sub(/;/, "", found)
					declared("typedef", found)
					continue
				}
				split(found, word, /[ {;]/)
				print word[1], word[2]
				if (found ~ /\{$/)
					contents(word[1], word[2], braced(text))
			}
		}' | sort -u
}
