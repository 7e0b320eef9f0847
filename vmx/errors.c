/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of what VMX says when it refuses. Pure. */
#include "vmx/errors.h"

#include "core/base/bits.h"

static const char *const instruction_errors[] = {
	[1] = "VMCALL in VMX root operation",
	[2] = "VMCLEAR with an invalid physical address",
	[3] = "VMCLEAR with the VMXON pointer",
	[4] = "VMLAUNCH of a VMCS that is not clear",
	[5] = "VMRESUME of a VMCS that was not launched",
	[6] = "VMRESUME after VMXOFF and VMXON",
	[7] = "VM entry with invalid control fields",
	[8] = "VM entry with invalid host-state fields",
	[9] = "VMPTRLD with an invalid physical address",
	[10] = "VMPTRLD with the VMXON pointer",
	[11] = "VMPTRLD of a VMCS with another revision identifier",
	[12] = "VMREAD or VMWRITE of a field that this CPU does not have",
	[13] = "VMWRITE to a read-only field",
	[15] = "VMXON in VMX root operation",
	[16] = "VM entry with an invalid executive-VMCS pointer",
	[17] = "VM entry with an executive VMCS that was not launched",
	[18] = "VM entry with an executive-VMCS pointer that is not the VMXON pointer",
	[19] = "VMCALL with a VMCS that is not clear",
	[20] = "VMCALL with invalid VM-exit control fields",
	[22] = "VMCALL with another MSEG revision identifier",
	[23] = "VMXOFF under the dual-monitor treatment",
	[24] = "VMCALL with invalid SMM-monitor features",
	[25] = "VM entry with invalid VM-execution control fields in the executive VMCS",
	[26] = "VM entry with events blocked by MOV SS",
	[28] = "INVEPT or INVVPID with an invalid operand",
};

const char *vmx_error_text(u64 number)
{
	const char *text =
		number < ARRAY_SIZE(instruction_errors) ? instruction_errors[number] : NULL;

	return text ? text : "unknown error";
}

const char *vmx_entry_failure_text(u64 qualification)
{
	switch (qualification) {
	case 2:
		return "the page-directory-pointer-table entries cannot be loaded";
	case 3:
		return "an NMI is to be injected where STI blocks events";
	case 4:
		return "the VMCS link pointer is invalid";
	}
	return "a register or segment is invalid";
}
