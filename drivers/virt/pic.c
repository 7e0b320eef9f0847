/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 8259A pair. Citations: Intel 8259A data sheet, by section title. The
 * MCS-80/85 mode and the buffered mode do not exist here: a PC has neither. Pure.
 */
#include "drivers/virt/pic.h"

#include "core/base/bits.h"

enum { MASTER, SLAVE };

/* Initialisation and operation command words ("Programming the 8259A"). */
enum {
	ICW1_IC4 = BIT(0),
	ICW1_SINGLE = BIT(1),
	ICW1_LEVEL = BIT(3),
	ICW1 = BIT(4), /* tells ICW1 from OCW2 and OCW3 */
	ICW2_BASE = BITS(7, 3),
	ICW4_AUTO_EOI = BIT(1),
	ICW4_SPECIAL_FULLY_NESTED = BIT(4),

	OCW2_LEVEL = BITS(2, 0),
	OCW2_EOI = BIT(5),
	OCW2_SPECIFIC = BIT(6),
	OCW2_ROTATE = BIT(7),

	OCW3 = BIT(3), /* tells OCW3 from OCW2 */
	OCW3_READ_ISR = BIT(0),
	OCW3_READ = BIT(1),
	OCW3_POLL = BIT(2),
	OCW3_SPECIAL_MASK = BIT(5),
	OCW3_SET_SPECIAL_MASK = BIT(6),

	POLL_REQUEST = BIT(7),
};

enum { CHIP_LINES = 8, NO_LINE = CHIP_LINES, SPURIOUS_LINE = 7 };

/* Inputs that ISA wires to edge-triggered devices: 0, 1, 2 and 8, 13. */
static const u8 elcr_writable[] = {[MASTER] = 0xf8, [SLAVE] = 0xde};

void pic_reset(struct pic *pic)
{
	for (unsigned i = 0; i < ARRAY_SIZE(pic->chip); i++)
		pic->chip[i] = (struct pic_chip){.imr = 0xff, .lowest = SPURIOUS_LINE};
}

/* Rank of a line, 0 the highest, under the present rotation. */
static unsigned line_rank(const struct pic_chip *chip, unsigned line)
{
	return (line - chip->lowest - 1) % CHIP_LINES;
}

/* The line of the highest priority in a set, NO_LINE when it is empty. */
static unsigned line_first(const struct pic_chip *chip, u8 set)
{
	for (unsigned rank = 0; set != 0 && rank < CHIP_LINES; rank++) {
		unsigned line = (chip->lowest + 1 + rank) % CHIP_LINES;

		if (set & BIT(line))
			return line;
	}
	return NO_LINE;
}

static u8 level_lines(const struct pic_chip *chip)
{
	return chip->level_triggered ? 0xff : chip->elcr;
}

/* The line whose request the chip is to pass on now, NO_LINE if none ("Priority Resolver"). */
static unsigned chip_pending(const struct pic_chip *chip, u8 irr)
{
	unsigned line = line_first(chip, irr & ~chip->imr);
	unsigned serving =
		line_first(chip, chip->special_mask ? chip->isr & ~chip->imr : chip->isr);

	if (!chip->ready || line == NO_LINE)
		return NO_LINE;
	if (serving == NO_LINE || line_rank(chip, line) < line_rank(chip, serving))
		return line;
	/* The slave may have something more urgent than what it is being served for. */
	if (chip->special_fully_nested && line == PIC_CASCADE_LINE && serving == line)
		return line;
	return NO_LINE;
}

static unsigned slave_pending(const struct pic *pic)
{
	return chip_pending(&pic->chip[SLAVE], pic->chip[SLAVE].irr);
}

/* The master's requests; the slave's output is one of them. */
static u8 master_irr(const struct pic *pic)
{
	return pic->chip[MASTER].irr | (slave_pending(pic) != NO_LINE ? BIT(PIC_CASCADE_LINE) : 0);
}

static unsigned pending(const struct pic *pic, unsigned which)
{
	return which == SLAVE ? slave_pending(pic)
			      : chip_pending(&pic->chip[MASTER], master_irr(pic));
}

bool pic_output(const struct pic *pic)
{
	return pending(pic, MASTER) != NO_LINE;
}

static void chip_accept(struct pic_chip *chip, unsigned line)
{
	if (!(level_lines(chip) & BIT(line)))
		chip->irr &= ~BIT(line);
	if (!chip->auto_eoi)
		chip->isr |= BIT(line);
	else if (chip->rotate_on_auto_eoi)
		chip->lowest = line;
}

/* One chip's INTA; a request that is gone leaves no trace in ISR ("Edge and Level Triggered
 * Modes"). */
static unsigned acknowledge(struct pic *pic, unsigned which)
{
	unsigned line = pending(pic, which);

	if (line == NO_LINE)
		return NO_LINE;
	chip_accept(&pic->chip[which], line);
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
		chip->irr &= ~bit; /* a request has to stay until it is acknowledged */
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

/* "Initialization Command Words 1 and 2 (ICW1, ICW2)" lists what ICW1 does. */
static void icw1_write(struct pic_chip *chip, u8 value)
{
	u8 lines = chip->lines;
	u8 elcr = chip->elcr;

	*chip = (struct pic_chip){
		.lines = lines,
		.elcr = elcr,
		.lowest = SPURIOUS_LINE,
		.next_icw = 2,
		.needs_icw4 = value & ICW1_IC4,
		.single = value & ICW1_SINGLE,
		.level_triggered = value & ICW1_LEVEL,
	};
	chip->irr = lines & level_lines(chip);
}

static void icw_end(struct pic_chip *chip)
{
	chip->next_icw = 0;
	chip->ready = true;
}

/* The data port between ICW1 and the last of them. ICW3 is wiring, which cannot change. */
static void icw_write(struct pic_chip *chip, u8 value)
{
	switch (chip->next_icw) {
	case 2:
		chip->base = value & ICW2_BASE;
		chip->next_icw = chip->single ? 4 : 3;
		break;
	case 3:
		chip->next_icw = 4;
		break;
	case 4:
		chip->auto_eoi = value & ICW4_AUTO_EOI;
		chip->special_fully_nested = value & ICW4_SPECIAL_FULLY_NESTED;
		icw_end(chip);
		return;
	}
	if (chip->next_icw == 4 && !chip->needs_icw4)
		icw_end(chip);
}

static void end_of_interrupt(struct pic_chip *chip, unsigned line, bool rotate)
{
	if (line == NO_LINE)
		return;
	chip->isr &= ~BIT(line);
	if (rotate)
		chip->lowest = line;
}

/* "Operation Control Word 2 (OCW2)", the table of R, SL and EOI. */
static void ocw2_write(struct pic_chip *chip, u8 value)
{
	unsigned level = value & OCW2_LEVEL;
	u8 serving = chip->special_mask ? chip->isr & ~chip->imr : chip->isr;
	bool rotate = value & OCW2_ROTATE;

	switch (value & (OCW2_SPECIFIC | OCW2_EOI)) {
	case OCW2_EOI:
		end_of_interrupt(chip, line_first(chip, serving), rotate);
		break;
	case OCW2_SPECIFIC | OCW2_EOI:
		end_of_interrupt(chip, level, rotate);
		break;
	case OCW2_SPECIFIC:
		if (rotate)
			chip->lowest = level;
		break;
	case 0:
		chip->rotate_on_auto_eoi = rotate;
		break;
	}
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

static void data_write(struct pic_chip *chip, u8 value)
{
	if (chip->next_icw)
		icw_write(chip, value);
	else
		chip->imr = value;
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
	switch (reg) {
	case PIC_MASTER_COMMAND:
	case PIC_SLAVE_COMMAND:
		command_write(&pic->chip[reg == PIC_SLAVE_COMMAND], value);
		break;
	case PIC_MASTER_DATA:
	case PIC_SLAVE_DATA:
		data_write(&pic->chip[reg == PIC_SLAVE_DATA], value);
		break;
	case PIC_MASTER_ELCR:
	case PIC_SLAVE_ELCR:
		elcr_write(pic, reg == PIC_SLAVE_ELCR, value);
		break;
	}
}

/* "Poll Command": the next read is the acknowledgement, at whichever port. */
static u8 poll_read(struct pic *pic, unsigned which)
{
	unsigned line = acknowledge(pic, which);

	pic->chip[which].poll = false;
	return line == NO_LINE ? 0 : POLL_REQUEST | line;
}

static u8 command_read(const struct pic *pic, unsigned which)
{
	const struct pic_chip *chip = &pic->chip[which];

	if (chip->read_isr)
		return chip->isr;
	return which == MASTER ? master_irr(pic) : chip->irr;
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
	return reg & 1 ? pic->chip[which].imr : command_read(pic, which);
}
