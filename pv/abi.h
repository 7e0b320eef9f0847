/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercall ABI: the one header for guests. Freestanding C11, no
 * dependency.
 *
 * CPUID 0x40000000 says "AshlarAshlar". CPUID 0x40000001: EAX 1 means VMCALL
 * is the instruction, 2 VMMCALL; EBX is ASHLAR_ABI_VERSION; ECX has a bit for
 * each group of calls.
 *
 * From 64-bit mode at CPL 0: RAX the number, RDI RSI RDX R10 R8 R9 the
 * arguments, RAX the result, negative for an error; no other register changes.
 * Elsewhere the instruction raises #UD. Arguments that a call does not name
 * must be zero. Addresses are guest-physical.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ASHLAR_ABI_VERSION 1

/* Results. The numbers are those of errno where there is one. */
#define ASHLAR_ENOENT                                                                              \
	(-2) /* what the call needs has not been registered, or there is no such thing */
#define ASHLAR_ENOMEM (-12) /* memory is used up; later there may be some */
#define ASHLAR_EFAULT (-14) /* an address is not RAM, or not aligned, or crosses a page */
#define ASHLAR_EEXIST (-17) /* it has been done already */
#define ASHLAR_EINVAL (-22) /* an argument is not what the call allows */
#define ASHLAR_ENOSYS (-38) /* no such call */

/* Groups, CPUID 0x40000001 ECX. */
#define ASHLAR_GROUP_VERSION	      (1u << 0)
#define ASHLAR_GROUP_PAGE_NOT_PRESENT (1u << 1)
#define ASHLAR_GROUP_PAGER	      (1u << 2)

/* Group "version": returns ASHLAR_ABI_VERSION. */
#define ASHLAR_CALL_VERSION 0

/*
 * Group "page not present". A page of the guest's RAM may be absent: not given
 * yet, taken away for a while, or failed. A vCPU that touches it sleeps until it
 * is there, and if it has failed the guest is ended; but a vCPU that has
 * registered is told, so that it may do something else, whenever it can take an
 * interrupt there and then: IF set, no shadow of STI or MOV SS, the vector's
 * class above PPR, nothing else being delivered, its structure free, and a token
 * free.
 *
 * It is told by a vector, delivered at the instruction that touched the page. This
 * is no interrupt of the APIC: it sets no bit in IRR or ISR and wants no EOI.
 *
 * Each event is resolved once, by a token in the guest's ring and an ordinary
 * interrupt to the vCPU that was told; the token may be there before the event
 * is. Fewer than N tokens are out or unread at any time. A page that has failed
 * may be touched again: a new event.
 *
 * INIT cancels a vCPU's registration, and what was still to be resolved for it.
 */
struct page_not_present_data {
	uint32_t inuse;	   /* 1: holds an event. Only the host sets it, only the guest clears it */
	uint32_t token;	   /* until its resolution */
	uint64_t gpa;	   /* the access's */
	uint64_t gva;	   /* likewise; valid if flags says so */
	uint32_t flags;	   /* PAGE_NOT_PRESENT_* */
	uint32_t reserved; /* 0 */
};
_Static_assert(offsetof(struct page_not_present_data, token) == 4, "ABI");
_Static_assert(offsetof(struct page_not_present_data, gpa) == 8, "ABI");
_Static_assert(offsetof(struct page_not_present_data, gva) == 16, "ABI");
_Static_assert(offsetof(struct page_not_present_data, flags) == 24, "ABI");
_Static_assert(sizeof(struct page_not_present_data) == 32, "ABI");

#define PAGE_NOT_PRESENT_GVA   (1u << 0) /* gva is known */
#define PAGE_NOT_PRESENT_WRITE (1u << 1)
#define PAGE_NOT_PRESENT_FETCH (1u << 2)

struct page_not_present_resolution {
	uint32_t result; /* PAGE_RESOLVED, PAGE_FAILED */
	uint32_t token;
};
_Static_assert(sizeof(struct page_not_present_resolution) == 8, "ABI");

#define PAGE_RESOLVED 0 /* try again */
#define PAGE_FAILED   1

/* head and tail count without end: event n is at events[n % N]. Empty: they are equal. */
struct page_not_present_resolutions {
	uint32_t head; /* the host writes */
	uint32_t tail; /* the guest writes; more than N behind head, or ahead of it, ends the guest
			*/
	struct page_not_present_resolution events[];
};
_Static_assert(offsetof(struct page_not_present_resolutions, events) == 8, "ABI");

/*
 * The guest's ring. address: 8-byte aligned, within one page; events: N, a power
 * of two from 2 to 128, or 0 with address 0: no ring any more. Head begins at 0.
 * What is still to be resolved is dropped. EFAULT, EINVAL.
 */
#define ASHLAR_CALL_PNP_RING 16

/*
 * Registers the calling vCPU, or again. address: of its struct
 * page_not_present_data, 8-byte aligned, within one page; vector: of events;
 * resolved: vector of the interrupt that says so (both 32 to 255); flags:
 * ASHLAR_PNP_MACHINE_CHECK or 0. ENOENT: there is no ring. EFAULT, EINVAL.
 */
#define ASHLAR_CALL_PNP_REGISTER 17
/* A page that has failed and cannot be told of raises #MC (no bank has more) and does not end the
 * guest. */
#define ASHLAR_PNP_MACHINE_CHECK (1u << 0)

/* The calling vCPU is told nothing more; what is still to be resolved for it is dropped. */
#define ASHLAR_CALL_PNP_UNREGISTER 18

/* State of the page at address: ASHLAR_PAGE_*. EFAULT: there is no RAM. */
#define ASHLAR_CALL_PNP_QUERY 19
#define ASHLAR_PAGE_THERE     0
#define ASHLAR_PAGE_ABSENT    1
#define ASHLAR_PAGE_FAILED    2

/*
 * Group "pager". A guest described with `lazy = pager:NAME`, a client, has what
 * its RAM contains from the guest NAME: all but what it was loaded with is absent
 * at first. Pages that are wanted are told to the pager by its ring and an ordinary
 * interrupt, and it hands over their contents, or says that they have failed;
 * it may do so before anybody asks. A page that is wanted twice is told twice, and
 * all that is wanted still is told again to a new ring. A page is handed over once:
 * from then on it is the client's.
 *
 * A ring ends with its guest, by INIT of the vCPU that it interrupts, and by the
 * next one. While there is none clients wait.
 */
struct page_wanted {
	uint64_t gpa;	   /* of the page, the client's */
	uint32_t client;   /* names one life of one client */
	uint32_t reserved; /* 0 */
};
_Static_assert(offsetof(struct page_wanted, client) == 8, "ABI");
_Static_assert(sizeof(struct page_wanted) == 16, "ABI");

/* As struct page_not_present_resolutions; what finds no room is told later. */
struct pages_wanted {
	uint32_t head; /* the host writes */
	uint32_t tail; /* the guest writes; more than N behind head, or ahead of it, ends the guest
			*/
	struct page_wanted events[];
};
_Static_assert(offsetof(struct pages_wanted, events) == 8, "ABI");

/*
 * The guest's ring. address, events: as ASHLAR_CALL_PNP_RING; vector: of the
 * interrupt to the calling vCPU (32 to 255, or 0 without a ring). EFAULT, EINVAL.
 */
#define ASHLAR_CALL_PAGER_RING 24

/*
 * The page at gpa of client has what the page at contents has, of the caller's RAM,
 * mapped write-back; both addresses are multiples of 4096. ENOENT: there is no such
 * client any more, or it is not the caller's; EEXIST: that page is there, or has
 * failed; ENOMEM. EFAULT.
 */
#define ASHLAR_CALL_PAGER_GIVE 25 /* client, gpa, contents */

/*
 * There is nothing to be had for the page at gpa. ENOENT, EEXIST, EFAULT; ENOMEM: more of
 * its pages have failed than can be kept in mind (some 4000), and the client is ended.
 */
#define ASHLAR_CALL_PAGER_FAIL 26 /* client, gpa */
