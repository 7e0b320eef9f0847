# SPDX-License-Identifier: BSD-2-Clause
"""The text on a machine's screen, read from outside."""

import re
import time

from machine import PATIENCE, ROOT

FONT_WIDTH, FONT_HEIGHT = 6, 9
COLUMNS, ROWS = 80, 25  # of VGA's text mode
POLL_SECONDS = 0.5


def glyphs():
    """{rows of a glyph: its character}, from the table in the source."""
    source = (ROOT / "drivers/canvas/font.c").read_text()
    rows = [(*(int(byte, 16) for byte in re.findall(r"0x[0-9a-f]{2}", row)), 0)
            for row in re.findall(r"^\t\{(.*)\}", source, re.MULTILINE)]
    assert len(rows) == 96
    return {row: chr(0x20 + i) for i, row in enumerate(rows)}


def read_ppm(data):
    """(width, height, offset of the pixels) of a binary PPM."""
    match = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    return int(match.group(1)), int(match.group(2)), match.end()


def decode(data, scale):
    """The text of a screen dump. A dot of a glyph is scale pixels wide and high."""
    width, height, start = read_ppm(data)
    known, lines = glyphs(), []

    def is_lit(x, y):
        return any(data[at] > 0x60 for at in range(start + (y * width + x) * 3,
                                                   start + (y * width + x) * 3 + 3))

    def character(left, top):
        rows = tuple(sum(0x80 >> x for x in range(FONT_WIDTH)
                         if is_lit(left + x * scale, top + y * scale)) for y in range(FONT_HEIGHT))
        return known.get(rows, "\N{REPLACEMENT CHARACTER}")

    for top in range(0, height - FONT_HEIGHT * scale + 1, FONT_HEIGHT * scale):
        lines.append("".join(character(left, top) for left in range(
            0, width - FONT_WIDTH * scale + 1, FONT_WIDTH * scale)).rstrip())
    return "\n".join(lines)


def pixels(machine, scale):
    """The text in a graphic mode."""
    dump = machine.directory / "screen.ppm"
    machine.hmp(f'screendump "{dump}"')
    return decode(dump.read_bytes(), scale)


def cells(machine):
    """The text in VGA's text mode."""
    dump = machine.directory / "screen.text"
    machine.hmp(f'pmemsave 0xb8000 {COLUMNS * ROWS * 2} "{dump}"')
    text = dump.read_bytes()[::2].decode("latin-1").replace("\0", " ")
    return "\n".join(text[at:at + COLUMNS].rstrip() for at in range(0, len(text), COLUMNS))


def wait(machine, read, pattern, timeout=60):
    """Waits until read(machine) has the pattern. Returns the whole text of the screen."""
    end = time.monotonic() + timeout * PATIENCE
    while True:
        text = read(machine)
        if re.search(pattern, text, re.MULTILINE):
            return text
        if time.monotonic() > end:
            machine.fail(f"the screen does not show {pattern!r} but:\n{text}")
        time.sleep(POLL_SECONDS)
