# SPDX-License-Identifier: BSD-2-Clause
"""A machine in Bochs, used as that in QEMU, and what Bochs does unlike the manuals."""

import subprocess

from machine import BUILD, ROOT, Machine

SECONDS_TO_END = 10

# Bochs 2.7 has these wrong in its SVM (docs/errata.md): at VMRUN it works out
# which interrupts are held back before it counts itself as in the guest.
# Physical ones then wait for the guest's IF in spite of V_INTR_MASKING, and a
# virtual one waits for a change of IF, so that a window may be missed.
SVM = {
    "hlt_timer": {
        "xAPIC one-shot arrives once",
        "xAPIC TSC-deadline arrives once",
        "x2APIC TSC-deadline arrives once",
    },
}

# Guests that do not come to their end on Bochs's SVM, and why.
SVM_ENDLESS = {
    "apic": "Bochs's SVM: interrupts that wait for a change of IF, in hundreds of its checks",
    "step": "Bochs's SVM: a #VMEXIT leaves a pending single-step trap, which then hits the host",
    "sti": "Bochs's SVM: as step",
}
# Nor these with more than one CPU.
SVM_ONE_CPU = {
    "smp": "Bochs's SVM: a vCPU that spins cannot be kicked, so it is run with one",
}


# Nor these where VMX runs the APICs.
APICV_ENDLESS = {
    "modes": "Bochs's VMX: a virtual interrupt goes in although IF is clear when a physical one comes",
}


class BochsMachine(Machine):
    """Has no monitor; reads and writes are those of Machine."""

    @classmethod
    def boot_iso(cls, name, iso, *options, model):
        """Boots as `make run BACKEND=vmx` does: options are those of tools/bochs."""
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
