"""What approved but hostile scripts try: to get out, to take all there is, to answer nonsense.

CANARY, PARENT and PORT_… are filled in by the tests (test_hostile_artefacts.py).
"""

PROBE = """
import ctypes, os, socket, subprocess, sys, threading

HERE = os.path.abspath(__file__)


def native_connect(port):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.socket(2, 1, 0) < 0:
        raise PermissionError(ctypes.get_errno(), "socket")


def fork():
    child = os.fork()
    if child == 0:
        open("CANARY/written", "w")
        os._exit(0)


def native_fork():
    libc = ctypes.CDLL(None, use_errno=True)
    child = libc.fork()
    if child == 0:
        os.setsid()
        os._exit(0)
    if child < 0:
        raise PermissionError(ctypes.get_errno(), "fork")


def clone3():
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17)
    child = libc.syscall(435, ctypes.byref(arguments), 88)
    if child == 0:
        os._exit(0)
    if child < 0:
        raise PermissionError(ctypes.get_errno(), "clone3")


def mount():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"a", b"/", b"tmpfs", 0, 0) != 0:
        raise PermissionError(ctypes.get_errno(), "mount")


def probe(act):
    try:
        return "LET THROUGH: " + repr(ACTS[act]())[:100]
    except (OSError, RuntimeError) as error:
        return "held back: " + type(error).__name__


def run(act):
    raise RuntimeError(probe(act))


ACTS = {
    "database": lambda: socket.create_connection(("127.0.0.1", PORT_database), 2),
    "valkey": lambda: socket.create_connection(("127.0.0.1", PORT_valkey), 2),
    "pacs": lambda: socket.create_connection(("127.0.0.1", PORT_pacs), 2),
    "native socket": lambda: native_connect(PORT_pacs),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "secret file": lambda: open("CANARY/secret.txt").read(),
    "passwd": lambda: open("/etc/passwd").read(),
    "worker's environment": lambda: open("/proc/PARENT/environ", "rb").read(),
    "worker's memory": lambda: open("/proc/PARENT/mem", "rb").read(1),
    "worker's files": lambda: os.listdir("/proc/PARENT/fd"),
    "write outside": lambda: open("CANARY/written", "w"),
    "link out": lambda: os.link("CANARY/secret.txt", "stolen"),
    "change its own code": lambda: open(HERE, "a").write("#"),
    "program": lambda: subprocess.run(["/bin/sh", "-c", "touch CANARY/written"], check=True),
    "fork": fork,
    "native fork": native_fork,
    "clone3": clone3,
    "signal the worker": lambda: os.kill(PARENT, 0),
    "mount": mount,
}
"""
ACTS = [line.split('"')[1] for line in PROBE.splitlines() if line.startswith('    "')]

GREEDY = {
    "memory": (
        "def run():\n    return [bytearray(1 << 28) for _ in range(4000)]\n",
        {"out_of_memory", "runner_died"},
    ),
    "time": ("def run():\n    while True:\n        pass\n", {"time_limit"}),
    "disk": (
        "import os, time\n"
        "def run():\n"
        "    for number in range(400):\n"
        "        with open(os.environ['TMPDIR'] + f'/{number}', 'wb') as stream:\n"
        "            stream.write(b'x' * (1 << 20))\n"
        "    time.sleep(60)\n",
        {"disk_limit"},
    ),
    "many files": (
        "import os, time\n"
        "def run():\n"
        "    for number in range(5000):\n"
        "        open(os.environ['TMPDIR'] + f'/{number}', 'wb').close()\n"
        "    time.sleep(60)\n",
        {"disk_limit"},
    ),
    "one large file": (
        "import os\n"
        "def run():\n"
        "    with open(os.environ['TMPDIR'] + '/a', 'wb') as stream:\n"
        "        stream.truncate(1 << 34)\n",
        {"model_error", "runner_died"},
    ),
}

LIAR = """
import json, os, struct
import torch


class Liar(torch.nn.Module):
    def load_state_dict(self, state, strict=True):
        return None

    def forward(self, image):
        return ANSWER


def frame(document):
    body = json.dumps(document).encode() if isinstance(document, dict) else document
    for descriptor in range(3, 12):
        try:
            os.write(descriptor, struct.pack(">I", len(body)) + body)
        except OSError:
            pass
    os._exit(3)
"""
ANSWERS = {
    "not a number": ("image * float('nan')", {"output_values", "output_grid"}),
    "another shape": ("torch.zeros(1, 2, 3, 3, 3)", {"output_grid"}),
    "no tensor": ("'<script>'", {"model_error", "output_shape"}),
    "a huge frame": ("frame(b'x' * 10) or struct.pack('>I', 1 << 31)", {"protocol_broken"}),
    "a frame that is no JSON": ("frame(b'\\xff' * 40)", {"protocol_broken"}),
    "an outcome it made up": (
        "frame({'type': 'outcome', 'run_id': 'guessed', 'outcome': {'kind': 'no_findings'}})",
        {"protocol_broken"},
    ),
}
