"""psql with a tcp_user_timeout of its own, idle, and an outage when the first probe leaves: psql.py POSTGRES-BIN DATA IDLE

With IDLE=60 (idle 60 s, interval 10 s, tcp_user_timeout 30 s) the path is down from 57 s to 72 s; another IDLE scales all times.
There are three sessions at the same time: without the shim, with it, and with force, which sets values that end the connection.
After the outage each session sends a query; prints the results. DATA is a directory with a cluster, owned by nobody.
"""
import os
import sys
import time

from lab import HERE, Cable, Host, Program, wait_for

PORT = 5432
SHIM = os.path.abspath(os.environ.get("SHIM") or HERE + "/../../build/libkeepalive-shim.so")
programs, data, idle = sys.argv[1], sys.argv[2], int(sys.argv[3])
timeout, interval = idle * 500, idle * 1000 // 6  # milliseconds
down, up, ask = idle * 57 / 60, idle * 72 / 60, idle * 75 / 60
shim = {"LD_PRELOAD": SHIM, "KEEPALIVE_SHIM_IDLE": f"{idle}s", "KEEPALIVE_SHIM_INTERVAL": f"{max(1, interval // 1000)}s"}
forced = {**shim, "KEEPALIVE_SHIM_MODE": "force", "KEEPALIVE_SHIM_USER_TIMEOUT": f"{timeout}ms"}

near, far = Host(), Host()
cable = Cable(near, far)
server = Program(far, ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", f"{programs}/postgres", "-D", data,
                       "-p", str(PORT), "-F", "-c", f"listen_addresses={cable.ipv4(1)}", "-c", "unix_socket_directories="])
sessions = {}
try:
    server.await_output("ready to accept connections", 30)
    for name, variables in ("without", {}), ("with", shim), ("forced", forced):
        sessions[name] = Program(near, ["psql", "-X", "-At", f"host={cable.ipv4(1)} port={PORT} user=postgres dbname=postgres "
                                        f"tcp_user_timeout={timeout}"], variables)
        sessions[name].write("select 'ready';\n")
    for session in sessions.values():
        session.await_output("ready")
    start = time.monotonic()
    time.sleep(down)
    cable.silence()
    time.sleep(start + up - time.monotonic())
    for end, host in enumerate(cable.ends):
        host.ip(*cable.neighbours(end, cable.hardware(1 - end)))
    time.sleep(start + ask - time.monotonic())
    for name, session in sessions.items():
        session.write("select 'answered';\n")
    for name, session in sessions.items():
        print(name, wait_for(lambda session=session: session.output().partition("ready\n")[2], 15, name).split("\n")[0])
finally:
    for program in (*sessions.values(), server):
        program.end()
