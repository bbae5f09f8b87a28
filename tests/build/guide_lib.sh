# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# The programs in the chapters of doc/guide. The first block of a chapter that has code is a program
# with two places. Each section's blocks fill them: a block that begins with "static" goes to the
# definitions, any other block to the statements. A first block without the places is a whole
# program, whose output is the block of text after it.

# make_programs CHAPTER FOLDER: write NN.c for each section that has code, with the name of the
# section in NN.title, and the output of a whole program in 01.text. The folder is emptied first.
make_programs()
{
	rm -rf "$2"
	mkdir -p "$2"
	awk -v folder="$2" '
		function end_section(    i, name, line)
		{
			if (definitions == "" && statements == "")
				return
			name = sprintf("%s/%02d", folder, ++sections)
			print title >(name ".title")
			for (i = 1; i <= lines; i++) {
				if (program[i] == "/* Definitions of the section */")
					printf "%s", definitions >(name ".c")
				else if (program[i] == "\t/* Statements of the section */")
					printf "%s", statements >(name ".c")
				else
					print program[i] >(name ".c")
			}
			close(name ".c")
			close(name ".title")
			definitions = statements = ""
		}
		/^```c[ \t]*$/ { inside = 1; first = 1; next }
		/^```/ && inside { inside = 0; whole = 1; next }
		inside && !whole {
			program[++lines] = $0
			places += /^\t?\/\* (Definitions|Statements) of the section \*\/$/
			next
		}
		/^```text[ \t]*$/ && whole && !places { inside_text = 1; next }
		/^```/ { inside_text = 0 }
		inside_text { print >(folder "/01.text") }
		inside {
			if (first)
				static_block = /^static /
			first = 0
			if (static_block)
				definitions = definitions $0 "\n"
			else
				statements = statements "\t" $0 "\n"
			next
		}
		/^## / { end_section(); title = substr($0, 4) }
		END {
			if (lines > 0 && !places) {
				print "the program" >(folder "/01.title")
				for (i = 1; i <= lines; i++)
					print program[i] >(folder "/01.c")
			}
			end_section()
		}' "$1"
}

# language_blocks CHAPTER LANGUAGE [FIRST]: print the blocks of this language, from number FIRST on.
language_blocks()
{
	awk -v fence="$2" -v first="${3:-1}" '
		$0 == "```" fence { inside = 1; count++; next }
		/^```/ { inside = 0; next }
		inside && count >= first' "$1"
}
