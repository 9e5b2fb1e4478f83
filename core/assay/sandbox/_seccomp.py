"""The filter of system calls that every program gets: what it could leave a sandbox by, and never needs.

The filter is a program of classic BPF, as `seccomp(2)` describes. It is a list of what is refused: interpreters and
compilers of any language must run. Calls newer than the list are refused as unknown, so that a kernel's next door is
shut until somebody has looked at it.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping

__all__ = ["MACHINES", "assembled"]

#: The audit architecture of each machine (`linux/audit.h`) and the numbers of the calls we name.
MACHINES = ("x86_64", "aarch64")
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

#: Refused outright, as (x86_64, aarch64); `None` where the machine has no such call.
_REFUSED: Mapping[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "perf_event_open": (298, 241),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "fanotify_init": (300, 262),
    # wide doors into the kernel
    "bpf": (321, 280), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "modify_ldt": (154, None), "iopl": (172, None), "ioperm": (173, None),
    "memfd_secret": (447, 447), "lookup_dcookie": (212, 18), "uselib": (134, None), "nfsservctl": (180, 42),
    # the machine itself
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "syslog": (103, 116), "acct": (163, 89),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "vhangup": (153, 58),
    # memory policy
    "mbind": (237, 235), "set_mempolicy": (238, 237), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "set_mempolicy_home_node": (450, 450),
    # what would outlive the program in a namespace that others use after it
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
}  # fmt: skip
_CLONE, _CLONE3 = (56, 220), 435
_SOCKET, _SOCKETPAIR, _IOCTL, _PERSONALITY = (41, 198), (53, 199), (16, 29), (135, 92)
#: `futex_requeue`, of Linux 6.7, is the last call that we have looked at.
_LAST = 456
#: Calls that one comparison can skip: the kernel goes through the filter for every call when it is put in place.
_BLOCK = 8
_NAMESPACES = 0x7E020000  # every CLONE_NEW* that clone(2) takes
_AF_UNIX = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# Instructions: load a word, jump if equal, greater or any bit set, return.
_LOAD, _EQUAL, _GREATER, _BITS, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCH = 0, 4
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000


def assembled(machine: str) -> bytes:
    """Return the filter for a machine as the kernel reads it, eight bytes an instruction.

    Raises:
        ValueError: the machine is not one of `MACHINES`.
    """
    column = MACHINES.index(machine)
    refuse, unknown = (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),  # another instruction set has other numbers
        (_LOAD, 0, 0, _NUMBER),
        (_GREATER, 0, 1, _LAST),
        unknown,
        (_EQUAL, 0, 1, _CLONE3),
        unknown,  # its flags lie in memory, where a filter can't look; callers fall back to clone
    ]
    refused = sorted(number for numbers in _REFUSED.values() if (number := numbers[column]) is not None)
    for begin in range(0, len(refused), _BLOCK):
        block = refused[begin : begin + _BLOCK]
        lines.append((_GREATER, 2 * len(block), 0, block[-1]))
        for number in block:
            lines += [(_EQUAL, 0, 1, number), refuse]
    # Those whose arguments decide. The low half of an argument is what the kernel reads of these.
    for call, argument, tests in (
        (_CLONE, 0, [(_BITS, 0, 1, _NAMESPACES), refuse]),
        (_SOCKET, 0, [(_EQUAL, 1, 0, _AF_UNIX), refuse]),
        (_SOCKETPAIR, 0, [(_EQUAL, 1, 0, _AF_UNIX), refuse]),
        (_IOCTL, 1, [(_EQUAL, 1, 0, _TIOCSTI), (_EQUAL, 0, 1, _TIOCLINUX), refuse]),
        (_PERSONALITY, 0, [(_EQUAL, 2, 0, 0), (_EQUAL, 1, 0, 0xFFFFFFFF), refuse]),
    ):
        body = [(_LOAD, 0, 0, 16 + 8 * argument), *tests, (_RETURN, 0, 0, _ALLOW)]
        lines += [(_EQUAL, 0, len(body), call[column]), *body]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)
