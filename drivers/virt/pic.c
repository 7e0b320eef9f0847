/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 8259A pair. Citations: Intel 8259A data sheet, by section title. The
 * MCS-80/85 mode and the buffered mode are left out, because a PC uses neither. Pure.
 */
#include "drivers/virt/pic.h"

#include "core/base/bits.h"

enum { MASTER, SLAVE };

/* Initialisation and operation command words ("Programming the 8259A"). */
enum {
	ICW1_IC4 = BIT(0),
	ICW1_SINGLE = BIT(1),
	ICW1_LEVEL = BIT(3),
	ICW1 = BIT(4), /* set in ICW1, clear in OCW2 and OCW3 */
	ICW2_BASE = BITS(7, 3),
	ICW4_AUTO_EOI = BIT(1),
	ICW4_SPECIAL_FULLY_NESTED = BIT(4),

	OCW2_LEVEL = BITS(2, 0),
	OCW2_EOI = BIT(5),
	OCW2_SPECIFIC = BIT(6),
	OCW2_ROTATE = BIT(7),

	OCW3 = BIT(3), /* set in OCW3, clear in OCW2 */
	OCW3_READ_ISR = BIT(0),
	OCW3_READ = BIT(1),
	OCW3_POLL = BIT(2),
	OCW3_SPECIAL_MASK = BIT(5),
	OCW3_SET_SPECIAL_MASK = BIT(6),

	POLL_REQUEST = BIT(7),
};

enum { CHIP_LINES = 8, NO_LINE = CHIP_LINES, SPURIOUS_LINE = 7 };

/* Inputs that can be level-triggered: all but 0, 1, 2, 8 and 13, which ISA wires to edges. */
static const u8 elcr_writable[] = {[MASTER] = 0xf8, [SLAVE] = 0xde};

void pic_reset(struct pic *pic)
{
	for (unsigned i = 0; i < ARRAY_SIZE(pic->chip); i++)
		pic->chip[i] = (struct pic_chip){.imr = 0xff, .lowest = SPURIOUS_LINE};
}

/* Returns a line's rank under the current rotation; 0 is the highest priority. */
static unsigned line_rank(const struct pic_chip *chip, unsigned line)
{
	return (line - chip->lowest - 1) % CHIP_LINES;
}

/* Returns the line with the highest priority in a set; NO_LINE if the set is empty. */
static unsigned line_first(const struct pic_chip *chip, u8 set)
{
	for (unsigned rank = 0; set != 0 && rank < CHIP_LINES; rank++) {
		unsigned line = (chip->lowest + 1 + rank) % CHIP_LINES;

		if (set & BIT(line))
			return line;
	}
	return NO_LINE;
}

/* Returns the most urgent line in service; special mask mode leaves out masked lines. */
static unsigned line_serving(const struct pic_chip *chip)
{
	return line_first(chip, chip->special_mask ? chip->isr & ~chip->imr : chip->isr);
}

/* The inputs that are level-triggered. */
static u8 level_lines(const struct pic_chip *chip)
{
	return chip->level_triggered ? 0xff : chip->elcr;
}

/*
 * Returns the line whose request drives the chip's output ("Priority Resolver"); NO_LINE if none.
 */
static unsigned chip_pending(const struct pic_chip *chip, u8 irr)
{
	unsigned line = line_first(chip, irr & ~chip->imr);
	unsigned serving = line_serving(chip);

	if (!chip->ready || line == NO_LINE)
		return NO_LINE;
	if (serving == NO_LINE || line_rank(chip, line) < line_rank(chip, serving))
		return line;
	/* In this mode the slave can interrupt its own handler with a more urgent line. */
	if (chip->special_fully_nested && line == PIC_CASCADE_LINE && serving == line)
		return line;
	return NO_LINE;
}

/* A chip's requests; the slave's output is one of the master's. */
static u8 irr_of(const struct pic *pic, unsigned which)
{
	const struct pic_chip *slave = &pic->chip[SLAVE];

	if (which == SLAVE || chip_pending(slave, slave->irr) == NO_LINE)
		return pic->chip[which].irr;
	return pic->chip[MASTER].irr | BIT(PIC_CASCADE_LINE);
}

static unsigned pending(const struct pic *pic, unsigned which)
{
	return chip_pending(&pic->chip[which], irr_of(pic, which));
}

bool pic_output(const struct pic *pic)
{
	return pending(pic, MASTER) != NO_LINE;
}

/*
 * One chip's part of the INTA cycle. Returns the line. If the request is gone, ISR
 * stays as it is ("Edge and Level Triggered Modes") and the result is NO_LINE.
 */
static unsigned acknowledge(struct pic *pic, unsigned which)
{
	struct pic_chip *chip = &pic->chip[which];
	unsigned line = pending(pic, which);

	if (line == NO_LINE)
		return NO_LINE;
	if (!(level_lines(chip) & BIT(line)))
		chip->irr &= ~BIT(line);
	if (!chip->auto_eoi)
		chip->isr |= BIT(line);
	else if (chip->rotate_on_auto_eoi)
		chip->lowest = line;
	return line;
}

u8 pic_acknowledge(struct pic *pic)
{
	unsigned which = MASTER;
	unsigned line = acknowledge(pic, MASTER);

	if (line == PIC_CASCADE_LINE) {
		which = SLAVE;
		line = acknowledge(pic, SLAVE);
	}
	return pic->chip[which].base | (line == NO_LINE ? SPURIOUS_LINE : line);
}

void pic_set_irq(struct pic *pic, unsigned line, bool level)
{
	struct pic_chip *chip = &pic->chip[line / CHIP_LINES % ARRAY_SIZE(pic->chip)];
	u8 bit = BIT(line % CHIP_LINES);

	if (line >= PIC_LINES || line == PIC_CASCADE_LINE)
		return;
	if (!level) {
		chip->lines &= ~bit;
		chip->irr &= ~bit; /* a request is dropped if its input falls before the INTA */
		return;
	}
	if (!(chip->lines & bit) || (level_lines(chip) & bit))
		chip->irr |= bit;
	chip->lines |= bit;
}

bool pic_is_requested(const struct pic *pic, unsigned line)
{
	return line < PIC_LINES && (pic->chip[line / CHIP_LINES].irr & BIT(line % CHIP_LINES));
}

/* The effects of ICW1 ("Initialization Command Words 1 and 2 (ICW1, ICW2)"). */
static void icw1_write(struct pic_chip *chip, u8 value)
{
	*chip = (struct pic_chip){
		.lines = chip->lines,
		.elcr = chip->elcr,
		.lowest = SPURIOUS_LINE,
		.next_icw = 2,
		.needs_icw4 = value & ICW1_IC4,
		.single = value & ICW1_SINGLE,
		.level_triggered = value & ICW1_LEVEL,
	};
	chip->irr = chip->lines & level_lines(chip);
}

/* ICW2 to ICW4, which follow ICW1 at the data port. ICW3 describes wiring that cannot change. */
static void icw_write(struct pic_chip *chip, u8 value)
{
	unsigned next = 0;

	switch (chip->next_icw) {
	case 2:
		chip->base = value & ICW2_BASE;
		next = chip->single ? 4 : 3;
		break;
	case 3:
		next = 4;
		break;
	case 4:
		chip->auto_eoi = value & ICW4_AUTO_EOI;
		chip->special_fully_nested = value & ICW4_SPECIAL_FULLY_NESTED;
		break;
	}
	chip->next_icw = next == 4 && !chip->needs_icw4 ? 0 : next;
	chip->ready = chip->next_icw == 0;
}

/* "Operation Control Word 2 (OCW2)", the table of R, SL and EOI. */
static void ocw2_write(struct pic_chip *chip, u8 value)
{
	unsigned line = value & OCW2_SPECIFIC ? value & OCW2_LEVEL : line_serving(chip);
	bool rotate = value & OCW2_ROTATE;

	if (!(value & (OCW2_SPECIFIC | OCW2_EOI))) {
		chip->rotate_on_auto_eoi = rotate;
		return;
	}
	if (line == NO_LINE)
		return;
	if (value & OCW2_EOI)
		chip->isr &= ~BIT(line);
	if (rotate)
		chip->lowest = line;
}

static void ocw3_write(struct pic_chip *chip, u8 value)
{
	chip->poll = value & OCW3_POLL;
	if (value & OCW3_READ)
		chip->read_isr = value & OCW3_READ_ISR;
	if (value & OCW3_SET_SPECIAL_MASK)
		chip->special_mask = value & OCW3_SPECIAL_MASK;
}

static void command_write(struct pic_chip *chip, u8 value)
{
	if (value & ICW1)
		icw1_write(chip, value);
	else if (value & OCW3)
		ocw3_write(chip, value);
	else
		ocw2_write(chip, value);
}

static void elcr_write(struct pic *pic, unsigned which, u8 value)
{
	struct pic_chip *chip = &pic->chip[which];
	u8 level;

	chip->elcr = value & elcr_writable[which];
	level = level_lines(chip);
	chip->irr = (chip->irr & ~level) | (chip->lines & level);
}

void pic_write(struct pic *pic, unsigned reg, u8 value)
{
	struct pic_chip *chip = &pic->chip[reg < PIC_SLAVE_COMMAND ? MASTER : SLAVE];

	switch (reg) {
	case PIC_MASTER_COMMAND:
	case PIC_SLAVE_COMMAND:
		command_write(chip, value);
		break;
	case PIC_MASTER_DATA:
	case PIC_SLAVE_DATA:
		if (chip->next_icw)
			icw_write(chip, value);
		else
			chip->imr = value;
		break;
	case PIC_MASTER_ELCR:
	case PIC_SLAVE_ELCR:
		elcr_write(pic, reg == PIC_SLAVE_ELCR, value);
		break;
	}
}

/* "Poll Command": the next read, of either port, acknowledges the request. */
static u8 poll_read(struct pic *pic, unsigned which)
{
	unsigned line = acknowledge(pic, which);

	pic->chip[which].poll = false;
	return line == NO_LINE ? 0 : POLL_REQUEST | line;
}

u8 pic_read(struct pic *pic, unsigned reg)
{
	unsigned which = reg & 1;

	if (reg >= PIC_REGISTERS)
		return 0xff;
	if (reg >= PIC_MASTER_ELCR)
		return pic->chip[which].elcr;
	which = reg >= PIC_SLAVE_COMMAND;
	if (pic->chip[which].poll)
		return poll_read(pic, which);
	if (reg & 1)
		return pic->chip[which].imr;
	return pic->chip[which].read_isr ? pic->chip[which].isr : irr_of(pic, which);
}
