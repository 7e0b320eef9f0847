# SPDX-License-Identifier: BSD-2-Clause
"""A machine in Bochs, with the interface of the one in QEMU, and the faults of Bochs."""

import subprocess

from machine import BUILD, ROOT, Machine

SECONDS_TO_END = 10

# The SVM of Bochs 2.7 fails these (docs/errata.md): at VMRUN it computes
# which interrupts are held back before it regards itself as in the guest.
# Physical interrupts then wait for the guest's IF in spite of V_INTR_MASKING,
# and a virtual one waits for a change of IF, so that a window may be missed.
SVM = {
    "hlt_timer": {
        "xAPIC one-shot arrives once",
        "xAPIC TSC-deadline arrives once",
        "x2APIC TSC-deadline arrives once",
    },
}

# Guests that do not end on Bochs's SVM, and the reasons.
SVM_ENDLESS = {
    "apic": "Bochs's SVM: interrupts that wait for a change of IF, in hundreds of its checks",
    "step": "Bochs's SVM: a #VMEXIT leaves a pending single-step trap, which then hits the host",
    "sti": "Bochs's SVM: as step",
}
# Guests that do not end there with more than one CPU.
SVM_ONE_CPU = {
    "smp": "Bochs's SVM: a vCPU that spins cannot be kicked, so it is run with one",
}


# Guests that do not end on Bochs's VMX while hardware runs the APICs.
APICV_ENDLESS = {
    "modes": "Bochs's VMX: a virtual interrupt goes in although IF is clear when a physical one comes",
}


class BochsMachine(Machine):
    """Has no monitor. Reads and writes like Machine."""

    @classmethod
    def boot_iso(cls, name, iso, *options, model):
        """Boots like `make run BACKEND=vmx`. options: those of tools/bochs."""
        return cls(name, lambda chardev, _monitor: [
            ROOT / "tools/bochs", "--quiet", "--model", model, "--serial", chardev,
            "--log", BUILD / "logs" / f"{name}.bochs", *options, iso])

    def __exit__(self, *_):
        self.process.terminate()  # so that tools/bochs cleans up
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            pass
        super().__exit__()

    def hmp(self, command):
        self.fail(f"Bochs has no monitor to ask '{command}'")
