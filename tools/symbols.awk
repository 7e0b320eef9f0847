# SPDX-License-Identifier: BSD-2-Clause
# Reads `nm -n IMAGE`, writes the table of core/symbols.c as NASM source: the
# image's functions by ascending address. Of several names for one address the
# first stays. No input gives an empty table.

# The image lies within the lowest 2 MiB of its top 2 GiB, so the last eight
# digits say it all.
function offset(address) {
	return "0x" substr(address, 9) " - 0x80000000"
}

# The compiler's copies of a function keep its name; labels within one are left out.
{ sub(/(\.(isra|constprop|part|cold)(\.[0-9]+)?)+$/, "", $3) }

tolower($2) == "t" && $1 != last && $3 !~ /[.@]/ {
	last = $1
	offsets = offsets sprintf("\tdd %s\n", offset($1))
	places = places sprintf("\tdw %d\n", size)
	names = names sprintf("\tdb \"%s\", 0\n", $3)
	size += length($3) + 1
	count++
}

END {
	if (size > 65535) {
		print "symbols.awk: " size " bytes of names: their places no longer fit" >"/dev/stderr"
		exit 1
	}
	print "section .symbols progbits alloc noexec nowrite align=4"
	print "global symbols_count, symbols_offsets, symbols_places, symbols_names"
	printf "symbols_count: dd %d\n", count
	printf "symbols_offsets:\n%s", offsets
	printf "symbols_places:\n%s", places
	printf "symbols_names:\n%s", names
}
