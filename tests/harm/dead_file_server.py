"""Runs a command with a file as descriptor 0, 1 and 2 in turn, on a file system whose server answers no question about the
file: dead_file_server.py DIRECTORY COMMAND... (root; fuse(4))
"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "programs"))
from silent_files import GETATTR, STATX, WRITE, mounted  # noqa: E402

directory, command = sys.argv[1], sys.argv[2:]
with mounted(directory, (GETATTR, STATX, WRITE)):
    for fd, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        file = os.open(directory + "/file", flags)
        descriptors = [subprocess.DEVNULL] * 3
        descriptors[fd] = file
        process = subprocess.Popen(command, stdin=descriptors[0], stdout=descriptors[1],
                                   stderr=descriptors[2])
        try:
            print(fd, "status", process.wait(timeout=10), flush=True)
        except subprocess.TimeoutExpired:
            print(fd, "hangs", flush=True)  # not even a signal ends it, until the server has ended
            break
        os.close(file)
