# Reads LCOV: a line for each file with the lines and branches run, the total, and then the lines that
# were not run, with their text. A file of both library and command comes twice, with the same figures.
BEGIN {
	FS = "[:,]"
	printf "%-34s %14s %16s\n", "", "lines", "branches"
}

function share(run, all) {
	return all ? sprintf("%d/%d %5.1f%%", run, all, 100 * run / all) : "-"
}

$1 == "SF" {
	file = $2
	sub(".*/shim/", "shim/", file)
	again = seen[file]++
}

again {
	next
}

$1 == "SF" {
	path = $2
	lines = run = branches = taken = 0
}

$1 == "DA" {
	lines++
	if ($3 > 0)
		run++
	else
		missed[++misses] = path SUBSEP file SUBSEP $2
}

$1 == "BRDA" {
	branches++
	taken += $5 > 0
}

$1 == "end_of_record" && lines {
	printf "%-34s %14s %16s\n", file, share(run, lines), share(taken, branches)
	all_lines += lines
	all_run += run
	all_branches += branches
	all_taken += taken
}

END {
	printf "%-34s %14s %16s\n", "total", share(all_run, all_lines), share(all_taken, all_branches)
	for (i = 1; i <= misses; i++) {
		split(missed[i], miss, SUBSEP)
		if (miss[1] != open) {
			if (open)
				close(open)
			open = miss[1]
			number = 0
			printf "\nnot run:\n"
		}
		while (number < miss[3] && (getline text < open) > 0)
			number++
		printf "%s:%d:%s\n", miss[2], miss[3], text
	}
}
