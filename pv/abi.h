/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercall ABI: the one header for guests. Freestanding C11, no
 * dependency.
 *
 * CPUID 0x40000000 says "AshlarAshlar". CPUID 0x40000001: EAX 1 means VMCALL
 * is the instruction, 2 VMMCALL; EBX is ASHLAR_ABI_VERSION; ECX has a bit for
 * each available group of calls.
 *
 * Calls are made from 64-bit mode at CPL 0. RAX holds the call's number; RDI RSI RDX
 * R10 R8 R9 hold the arguments in this order. RAX returns the result, which is
 * negative for an error; no other register changes. In any other mode or at another
 * CPL the instruction raises #UD. Arguments that a call does not name must be zero.
 * Addresses are guest-physical.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ASHLAR_ABI_VERSION 1

/* Results. The numbers are those of errno where there is one. */
#define ASHLAR_ENOENT (-2)  /* a registration is missing, or the named object does not exist */
#define ASHLAR_ENOMEM (-12) /* no memory is free now; a later call may succeed */
#define ASHLAR_EFAULT (-14) /* an address is not RAM, or not aligned, or crosses a page */
#define ASHLAR_EEXIST (-17) /* the effect of the call is already present */
#define ASHLAR_EINVAL (-22) /* an argument has a value that the call does not allow */
#define ASHLAR_ENOSYS (-38) /* no such call */

/* Groups, CPUID 0x40000001 ECX. */
#define ASHLAR_GROUP_VERSION	      (1u << 0)
#define ASHLAR_GROUP_PAGE_NOT_PRESENT (1u << 1)
#define ASHLAR_GROUP_PAGER	      (1u << 2)

/* Group "version": returns ASHLAR_ABI_VERSION. */
#define ASHLAR_CALL_VERSION 0

/*
 * Group "page not present". A page of the guest's RAM may be absent: not yet
 * provided, evicted for a while, or failed. A vCPU that accesses an absent page
 * sleeps until the page is present. If the page has failed, the guest is ended.
 *
 * A vCPU can register to receive an event instead, so that it can run other work
 * meanwhile. It gets the event only if it can take an interrupt at the accessing
 * instruction: IF is set, no shadow of STI or MOV SS is active, the vector's class is
 * above PPR, no other event is being delivered, its structure is free (inuse is 0),
 * and a token is free. Otherwise it sleeps as without a registration.
 *
 * The event is a vector, delivered at the instruction that accessed the page. It is
 * not an interrupt of the APIC: it sets no bit in IRR or ISR and needs no EOI.
 *
 * Each event is resolved once, by an entry with its token in the guest's ring and an
 * ordinary interrupt to the vCPU that received the event. The entry may be in the
 * ring before the event is delivered. At any time fewer than N tokens are unresolved
 * or unread in the ring. Another access to a failed page is a new event.
 *
 * INIT cancels a vCPU's registration and its unresolved events.
 */
struct page_not_present_data {
	uint32_t inuse;	   /* 1: holds an event. Only the host sets it, only the guest clears it */
	uint32_t token;	   /* identifies the event until its resolution */
	uint64_t gpa;	   /* guest-physical address of the access */
	uint64_t gva;	   /* its linear address; valid if flags has PAGE_NOT_PRESENT_GVA */
	uint32_t flags;	   /* PAGE_NOT_PRESENT_* */
	uint32_t reserved; /* 0 */
};
_Static_assert(offsetof(struct page_not_present_data, token) == 4, "ABI");
_Static_assert(offsetof(struct page_not_present_data, gpa) == 8, "ABI");
_Static_assert(offsetof(struct page_not_present_data, gva) == 16, "ABI");
_Static_assert(offsetof(struct page_not_present_data, flags) == 24, "ABI");
_Static_assert(sizeof(struct page_not_present_data) == 32, "ABI");

#define PAGE_NOT_PRESENT_GVA   (1u << 0) /* gva is valid */
#define PAGE_NOT_PRESENT_WRITE (1u << 1)
#define PAGE_NOT_PRESENT_FETCH (1u << 2)

struct page_not_present_resolution {
	uint32_t result; /* PAGE_RESOLVED, PAGE_FAILED */
	uint32_t token;
};
_Static_assert(sizeof(struct page_not_present_resolution) == 8, "ABI");

#define PAGE_RESOLVED 0 /* the page is present: repeat the access */
#define PAGE_FAILED   1

/*
 * head and tail only increase, modulo 2^32: event n is at events[n % N]. The ring is
 * empty when both are equal.
 */
struct page_not_present_resolutions {
	uint32_t head; /* the host writes */
	/* The guest writes; more than N behind head, or ahead of head, ends the guest. */
	uint32_t tail;
	struct page_not_present_resolution events[];
};
_Static_assert(offsetof(struct page_not_present_resolutions, events) == 8, "ABI");

/*
 * Sets the guest's ring. address: 8-byte aligned, the ring within one page; events:
 * N, a power of two from 2 to 128, or 0 together with address 0, which removes the
 * ring. head starts at 0. Unresolved events are dropped. EFAULT, EINVAL.
 */
#define ASHLAR_CALL_PNP_RING 16

/*
 * Registers the calling vCPU; a repeated call replaces the registration. address: of
 * the vCPU's struct page_not_present_data, 8-byte aligned, within one page; vector:
 * of the events; resolved: vector of the interrupt for resolutions (both 32 to 255);
 * flags: ASHLAR_PNP_MACHINE_CHECK or 0. ENOENT: the guest has no ring. EFAULT, EINVAL.
 */
#define ASHLAR_CALL_PNP_REGISTER 17
/*
 * If a page has failed and the event cannot be delivered, the vCPU gets #MC instead of
 * the end of its guest. The machine-check banks hold no details.
 */
#define ASHLAR_PNP_MACHINE_CHECK (1u << 0)

/* Ends the calling vCPU's registration; its unresolved events are dropped. */
#define ASHLAR_CALL_PNP_UNREGISTER 18

/* Returns the state of the page at address: ASHLAR_PAGE_*. EFAULT: address is not RAM. */
#define ASHLAR_CALL_PNP_QUERY 19
#define ASHLAR_PAGE_THERE     0
#define ASHLAR_PAGE_ABSENT    1
#define ASHLAR_PAGE_FAILED    2

/*
 * Group "pager". A guest described with `lazy = pager:NAME` is a client of the guest
 * NAME, its pager, which supplies the contents of the client's RAM: at first all
 * pages are absent but those that the loader filled. A request for a page goes to the
 * pager's ring, together with an ordinary interrupt. The pager gives the page's
 * contents or reports that the page has failed; it may do so before any request. The
 * same page may be requested more than once, and a new ring gets all open requests
 * again. A page is given only once: from then on it belongs to the client.
 *
 * A ring ends with its guest, by INIT of the vCPU that it interrupts, or when another
 * ring replaces it. Without a ring the clients wait.
 */
struct page_wanted {
	uint64_t gpa;	   /* of the page, in the client's memory */
	uint32_t client;   /* number of one life of one client */
	uint32_t reserved; /* 0 */
};
_Static_assert(offsetof(struct page_wanted, client) == 8, "ABI");
_Static_assert(sizeof(struct page_wanted) == 16, "ABI");

/* As struct page_not_present_resolutions. If the ring is full, requests are added later. */
struct pages_wanted {
	uint32_t head; /* the host writes */
	/* The guest writes; more than N behind head, or ahead of head, ends the guest. */
	uint32_t tail;
	struct page_wanted events[];
};
_Static_assert(offsetof(struct pages_wanted, events) == 8, "ABI");

/*
 * Sets the pager's ring. address, events: as in ASHLAR_CALL_PNP_RING; vector: of the
 * interrupt to the calling vCPU (32 to 255; 0 to remove the ring). EFAULT, EINVAL.
 */
#define ASHLAR_CALL_PAGER_RING 24

/*
 * Gives the page at gpa to client with a copy of the page at contents, which is in the
 * caller's RAM and mapped write-back. Both addresses are multiples of 4096. ENOENT:
 * the client has ended or has another pager; EEXIST: the client's page is already
 * present or has failed; ENOMEM; EFAULT.
 */
#define ASHLAR_CALL_PAGER_GIVE 25 /* client, gpa, contents */

/*
 * Reports that the client's page at gpa has failed. ENOENT, EEXIST, EFAULT; ENOMEM:
 * more pages of the client have failed than the host can record (about 4000), and the
 * client is ended.
 */
#define ASHLAR_CALL_PAGER_FAIL 26 /* client, gpa */
