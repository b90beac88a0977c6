import gc
import subprocess
import sys

from maskwatch import memory

IN_SIX_THREADS = """
import ctypes, threading
from maskwatch import memory
{begin}
together = threading.Barrier(6)
def work():
    kept = [bytes(2000) for _ in range(500)]
    together.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


def pools(begin: str) -> int:
    command = [sys.executable, "-c", IN_SIX_THREADS.format(begin=begin)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.count("<heap nr=")


def test_threads_share_pools() -> None:
    assert pools("pass") > 2
    assert pools("memory.share_pools()") <= 2


def test_what_is_there_when_it_settles_is_no_longer_searched_for_garbage() -> None:
    try:
        memory.settle()
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
