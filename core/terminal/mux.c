/* SPDX-License-Identifier: BSD-2-Clause */
/* For each byte: chooses the source of the byte, and the text that must be sent before it. */
#include "core/terminal/mux.h"

#include "core/base/bits.h"
#include "core/base/format.h"
#include "core/base/string.h"

enum { NAME_COLUMNS = 31 };

static u64 backlog(const struct mux_ring *ring)
{
	// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): callers have found a guest
	return ring->written - ring->sent;
}

/* True if all text of the ring is to be sent. */
static bool is_shown(const struct mux *mux, const struct mux_ring *ring)
{
	return ring == mux->attached || mux->mix;
}

void mux_add_guest(struct mux *mux, struct mux_ring *ring)
{
	if (mux->guests < MUX_GUESTS_MAX)
		mux->guest[mux->guests++] = ring;
}

size_t mux_put_shell(struct mux *mux, const char *text, size_t size)
{
	size_t taken = min_u64(size, MUX_SHELL_SIZE - mux->shell.count);

	for (size_t i = 0; i < taken; i++)
		mux->shell.text[(mux->shell.first + mux->shell.count++) % MUX_SHELL_SIZE] = text[i];
	return taken;
}

static void log_append(struct mux *mux, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		mux->log.text[(mux->log.first + mux->log.count++) % MUX_LOG_SIZE] = text[i];
}

void mux_put_log(struct mux *mux, const char *text, size_t size)
{
	char note[MUX_LINE_SIZE];
	size_t length = 0;

	if (mux->log.dropped)
		length = format_text(note, sizeof(note), "[%u lines are only in the log]\r\n",
				     mux->log.dropped);
	if (length + size > MUX_LOG_SIZE - mux->log.count) {
		mux->log.dropped++;
		return;
	}
	log_append(mux, note, length);
	log_append(mux, text, size);
	mux->log.dropped = 0;
}

bool mux_update_wait(const struct mux *mux, struct mux_ring *ring)
{
	if (!is_shown(mux, ring) || backlog(ring) <= MUX_LOW)
		ring->waits = false;
	else if (backlog(ring) >= MUX_HIGH)
		ring->waits = true;
	return ring->waits;
}

bool mux_put_guest(struct mux *mux, struct mux_ring *ring, char c)
{
	ring->text[ring->written++ % sizeof(ring->text)] = c;
	if (ring == mux->attached) {
		mux->wrote = true;
		mux->quiet = false;
	}
	if (backlog(ring) > sizeof(ring->text)) {
		ring->sent++;
		ring->lost++;
	}
	return mux_update_wait(mux, ring);
}

size_t mux_ring_read(const struct mux_ring *ring, u64 *position, char *text, size_t size)
{
	size_t count = 0;

	if (ring->written > sizeof(ring->text))
		*position = max_u64(*position, ring->written - sizeof(ring->text));
	while (count < size && *position < ring->written)
		text[count++] = ring->text[(*position)++ % sizeof(ring->text)];
	return count;
}

static void stage(struct mux *mux, const char *text, size_t size)
{
	for (size_t i = 0; i < size && mux->stage.count < MUX_STAGE_SIZE; i++)
		mux->stage.text[mux->stage.count++] = text[i];
}

static char stage_take(struct mux *mux)
{
	char c = mux->stage.text[mux->stage.first++];

	if (mux->stage.first == mux->stage.count)
		mux->stage.first = mux->stage.count = 0;
	return c;
}

/* True if the guest's line ends within the next MUX_TURN bytes. */
static bool has_end(const struct mux_ring *ring)
{
	u64 end = min_u64(ring->written, ring->sent + MUX_TURN);

	for (u64 at = ring->sent; at < end; at++)
		if (ring->text[at % sizeof(ring->text)] == '\n')
			return true;
	return false;
}

/* True if the guest may begin a turn: the attached guest with any byte, others with a whole line or
 * MUX_TURN bytes. */
static bool is_ready(const struct mux *mux, const struct mux_ring *ring)
{
	if (ring == mux->attached)
		return backlog(ring) > 0;
	return mux->mix && (backlog(ring) >= MUX_TURN || has_end(ring));
}

/* Guests take turns: the first that is ready, after the guest that wrote last. NULL: none is. */
static struct mux_ring *next_guest(const struct mux *mux)
{
	u32 last = 0;

	while (last + 1 < mux->guests && mux->guest[last] != mux->turn)
		last++;
	for (u32 i = 1; i <= mux->guests; i++) {
		struct mux_ring *ring = mux->guest[(last + i) % mux->guests];

		if (is_ready(mux, ring))
			return ring;
	}
	return NULL;
}

/* A guest in the middle of a line continues, up to MUX_TURN bytes; then the next guest. */
static struct mux_ring *choose_guest(const struct mux *mux)
{
	struct mux_ring *turn = mux->turn;

	if (turn && mux->turn_open && mux->turn_used < MUX_TURN && backlog(turn) > 0 &&
	    is_shown(mux, turn))
		return turn;
	return next_guest(mux);
}

void mux_tick(struct mux *mux, u64 now_ns)
{
	if (mux->wrote)
		mux->quiet_from_ns = now_ns + MUX_PAUSE_NS;
	mux->wrote = false;
	mux->quiet = now_ns >= mux->quiet_from_ns;
}

/* True if the attached guest is in the middle of a line, and does not pause. */
static bool writes_line(const struct mux *mux)
{
	return mux->source == MUX_GUEST && mux->mid_line && mux->turn == mux->attached &&
	       !mux->quiet && mux->interrupted < MUX_TURN;
}

static bool log_may_go(const struct mux *mux)
{
	if (mux->log.count == 0 || writes_line(mux))
		return false;
	/* The log does not interrupt a line that a command prints, such as JSON. */
	return mux->shell_idle || mux->attached || mux->line.length == 0 || mux->shell_hidden;
}

/* True if the guest that wrote last should finish its line before any other source is shown. */
static bool in_guest_line(const struct mux *mux)
{
	const struct mux_ring *ring = mux->turn;

	if (mux->source != MUX_GUEST || backlog(ring) == 0)
		return false;
	if (ring == mux->attached)
		return mux->mid_line && has_end(ring);
	return mux->mix && mux->turn_open && mux->turn_used < MUX_TURN;
}

/* Chooses the source of the next byte; for MUX_GUEST *guest, too. */
static enum mux_source choose(struct mux *mux, struct mux_ring **guest)
{
	if (mux->source == MUX_LOG && mux->mid_line)
		return MUX_LOG;
	if (in_guest_line(mux)) {
		*guest = mux->turn;
		return MUX_GUEST;
	}
	if (mux->shell.count)
		return MUX_SHELL;
	if (log_may_go(mux))
		return MUX_LOG;
	*guest = choose_guest(mux);
	if (*guest)
		return MUX_GUEST;
	return mux->shell_hidden && mux->shell_idle && !mux->attached ? MUX_SHELL : MUX_NOBODY;
}

/* Shows the shell's line again, with its cursor where it was. */
static void stage_shell_line(struct mux *mux)
{
	mux->shell_hidden = false;
	stage(mux, mux->line.text, mux->line.length);
	for (u32 i = mux->line.column; i < mux->line.length; i++)
		stage(mux, "\b", 1);
	mux->source = MUX_SHELL;
	mux->mid_line = mux->line.length > 0;
}

/* Stages the text before a guest's turn: how many bytes were lost, and its name. */
static void stage_guest_begin(struct mux *mux, struct mux_ring *ring)
{
	char text[MUX_LINE_SIZE];
	size_t length = 0;

	if (ring->lost)
		length = format_text(text, sizeof(text), "[%.*s: %llu bytes are lost]\r\n",
				     NAME_COLUMNS, ring->name, ring->lost);
	stage(mux, text, length);
	ring->lost = 0;
	if (ring != mux->attached) {
		length = format_text(text, sizeof(text), "[%.*s] ", NAME_COLUMNS, ring->name);
		stage(mux, text, length);
	}
}

/* Prepares for a byte of another source than the last, or of a guest's next turn. */
static void switch_to(struct mux *mux, enum mux_source source, struct mux_ring *guest)
{
	if (mux->mid_line)
		stage(mux, "\r\n", 2);
	mux->shell_hidden |= mux->source == MUX_SHELL && mux->line.length > 0;
	mux->mid_line = false;
	if (source == MUX_SHELL && mux->shell_hidden)
		stage_shell_line(mux);
	if (source == MUX_GUEST) {
		mux->turn_used = 0;
		mux->turn_open = true;
		stage_guest_begin(mux, guest);
		mux->turn = guest;
	}
	mux->source = source;
}

/* Updates the copy of the shell's line for a byte that is sent. */
static void copy_shell(struct mux *mux, char c)
{
	if (c == '\r' || c == '\n') {
		mux->line.column = 0;
		if (c == '\n')
			mux->line.length = 0;
	} else if (c == '\b') {
		mux->line.column -= mux->line.column > 0;
	} else if (c >= ' ' && mux->line.column < MUX_LINE_SIZE) {
		mux->line.text[mux->line.column++] = c;
		mux->line.length = (u32)max_u64(mux->line.length, mux->line.column);
	}
}

/* False: c is dropped. Control characters of guests that are not attached would disturb other
 * lines. */
static bool passes(const struct mux *mux, const struct mux_ring *ring, char c)
{
	return ring == mux->attached || (u8)c >= ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char shell_take(struct mux *mux)
{
	char c = mux->shell.text[mux->shell.first];

	mux->shell.first = (mux->shell.first + 1) % MUX_SHELL_SIZE;
	mux->shell.count--;
	copy_shell(mux, c);
	return c;
}

static char log_take(struct mux *mux)
{
	char c = mux->log.text[mux->log.first];

	mux->log.first = (mux->log.first + 1) % MUX_LOG_SIZE;
	mux->log.count--;
	return c;
}

static char guest_take(struct mux *mux, struct mux_ring *ring)
{
	char c = ring->text[ring->sent++ % sizeof(ring->text)];

	mux->interrupted = mux->log.count ? mux->interrupted + 1 : 0;
	mux->turn_used++;
	mux->turn_open = c != '\n';
	return c;
}

/* True if a byte of this source can follow the last byte with no text between them. */
static bool continues(const struct mux *mux, enum mux_source source, const struct mux_ring *guest)
{
	if (source != mux->source || (source == MUX_SHELL && mux->shell_hidden))
		return false;
	if (source != MUX_GUEST)
		return true;
	return guest == mux->turn && guest->lost == 0 &&
	       (guest == mux->attached || (mux->turn_open && mux->turn_used < MUX_TURN));
}

static char take_from(struct mux *mux, enum mux_source source, struct mux_ring *guest)
{
	if (source == MUX_SHELL)
		return shell_take(mux);
	if (source == MUX_LOG)
		return log_take(mux);
	return guest_take(mux, guest);
}

size_t mux_take(struct mux *mux, char *buf, size_t size)
{
	size_t count = 0;

	while (count < size) {
		struct mux_ring *guest = NULL;
		enum mux_source source;
		char c;

		if (mux->stage.count) {
			buf[count++] = stage_take(mux);
			continue;
		}
		source = choose(mux, &guest);
		if (source == MUX_NOBODY)
			break;
		if (!continues(mux, source, guest))
			switch_to(mux, source, guest);
		/* Staged bytes go first. If the shell had only its line to show, it has no byte. */
		if (mux->stage.count || (source == MUX_SHELL && !mux->shell.count))
			continue;
		c = take_from(mux, source, guest);
		mux->mid_line = c != '\n';
		if (source != MUX_GUEST || passes(mux, guest, c))
			buf[count++] = c;
	}
	return count;
}
