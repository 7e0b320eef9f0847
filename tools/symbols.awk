# SPDX-License-Identifier: BSD-2-Clause
# Reads `nm -n IMAGE`, writes the table of core/host/symbols.c as NASM source: the
# image's functions by ascending address. If an address has several names, the
# first stays. Without input the table is empty.

function fail(what) {
	print "symbols.awk: " what >"/dev/stderr"
	failed = 1
	exit 1
}

function shared(a, b,   i) {
	for (i = 0; i < length(a) && i < length(b) && substr(a, i + 1, 1) == substr(b, i + 1, 1); i++)
		;
	return i
}

# The image lies within the lowest 2 MiB of the top 2 GiB, so the last eight
# digits identify an address.
BEGIN { last = "80000000" }

# The compiler's copies of a function keep its name. Labels within functions are left out.
{ sub(/(\.(isra|constprop|part|cold)(\.[0-9]+)?)+$/, "", $3) }

tolower($2) == "t" && substr($1, 9) != last && $3 !~ /[.@]/ {
	at = substr($1, 9)
	distance = strtonum("0x" at) - strtonum("0x" last)
	if (distance > 65535)
		fail($3 " is " distance " bytes from the function before it")
	if (length($3) > 63)
		fail("a name of over 63 letters: " $3)
	same = shared(name, $3)
	table = table sprintf("\tdw %d\n\tdb %d, \"%s\", 0\n", distance, same, substr($3, same + 1))
	last = at
	name = $3
	count++
}

END {
	if (failed)
		exit 1
	print "section .symbols progbits alloc noexec nowrite align=4"
	print "global symbols_count, symbols_table"
	printf "symbols_count: dd %d\n", count
	printf "symbols_table:\n%s", table
}
