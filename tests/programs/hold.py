"""A peer that never closes a connection: hold.py ADDRESS

Listens on a free port of ADDRESS, prints it, accepts, sends nothing and reads nothing.
"""
import socket
import sys

address = sys.argv[1]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
held = []
with socket.create_server((address, 0), family=family) as listener:
    print(listener.getsockname()[1], flush=True)
    while True:
        held.append(listener.accept())
