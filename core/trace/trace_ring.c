/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes rings of events, and reads several rings in the order of time. Takes no lock. */
#include "core/trace/trace_ring.h"

#include "core/base/atomic.h"

void trace_ring_put(struct trace_ring *ring, const struct trace_event *event)
{
	u64 index = ring->written;

	ring->event[index % TRACE_RING_EVENTS] = *event;
	/* Release: the event is visible before its number. */
	atomic_store_release(&ring->written, index + 1);
}

void trace_ring_open(struct trace_reader *reader, const struct trace_ring *ring, u64 most)
{
	*reader = (struct trace_reader){.ring = ring};
	if (!ring)
		return;
	reader->end = atomic_load_acquire(&ring->written);
	reader->position = reader->end > most ? reader->end - most : 0;
}

/*
 * Returns the number of the oldest event that the owner cannot be overwriting: the
 * owner may be writing event `written`, whose slot is that of written - TRACE_RING_EVENTS.
 */
static u64 oldest_whole(const struct trace_ring *ring)
{
	u64 written = atomic_load_acquire(&ring->written);

	return written >= TRACE_RING_EVENTS ? written - TRACE_RING_EVENTS + 1 : 0;
}

/* Loads the reader's next event, if none is loaded. False if no event is left. */
static bool load(struct trace_reader *reader)
{
	while (!reader->loaded && reader->position < reader->end) {
		u64 oldest = oldest_whole(reader->ring);

		if (reader->position < oldest) {
			reader->position = oldest;
			continue;
		}
		reader->next = reader->ring->event[reader->position % TRACE_RING_EVENTS];
		atomic_fence_acquire();
		if (reader->position < oldest_whole(reader->ring))
			continue; /* overwritten while it was read */
		reader->position++;
		reader->loaded = true;
	}
	return reader->loaded;
}

int trace_ring_next(struct trace_reader *readers, unsigned count, struct trace_event *out)
{
	int first = -1;

	for (unsigned i = 0; i < count; i++)
		if (readers[i].ring && load(&readers[i]) &&
		    (first < 0 || readers[i].next.tsc < readers[first].next.tsc))
			first = (int)i;
	if (first >= 0) {
		*out = readers[first].next;
		readers[first].loaded = false;
	}
	return first;
}
