"""
answers: the options that sockets get with the same settings by preload, by supervision and by attach.

answers.py LIBRARY COMMAND PROGRAM PYTHON... prints a line for each row and role:
ROW: ROLE preload=VALUES supervise=VALUES attach=VALUES, and "differs" at the end if they are not equal.
Run it in a network namespace of its own, because each row uses a port of its own.
With CGROUP=FOLDER in the environment also by `keepalive cgroup`, in groups below that one, except rules by program=.
"""
import concurrent.futures
import os
import subprocess
import sys

library, command, program = sys.argv[1:4]

# Settings; in rules, P stands for the listener's port.
SETTINGS = [
    "", "IDLE=20", "INTERVAL=5 COUNT=3", "IDLE=kernel", "COUNT=kernel", "IDLE=kernel INTERVAL=kernel COUNT=kernel",
    "USER_TIMEOUT=auto", "USER_TIMEOUT=200s", "RTO_MAX=5s", "ROLE=client", "ROLE=server IDLE=20",
    "RULES=off", "RULES=role=server_off", "RULES=role=client_off", "RULES=role=server_idle=20",
    "RULES=role=client_idle=20", "RULES=role=client_idle=20;role=server_idle=30_count=3",
    "RULES=role=server_idle=kernel", "RULES=role=client_port=P_idle=20", "RULES=role=server_port=P_idle=20",
    "RULES=port=1-10_idle=20", "RULES=role=client_peer=LOCAL_idle=20", "RULES=role=client_peer=LOCAL_off",
    "RULES=role=client_peer=10.0.0.0/8_idle=20", "RULES=role=client_peer=LOCAL_port=P_idle=20_rto-max=4s",
    "RULES=role=server_off_mode=respect", "RULES=role=client_peer=LOCAL_idle=kernel",
    "ROLE=client RULES=role=client_port=P_interval=7;role=server_off", "RULES=program=other_off;program=values*_idle=25",
]
MODES = ["respect", "force"]
OWN = ["", "idle=99", "count=4", "user_timeout=400000"]
ADDRESSES = {"127.0.0.1": "127.0.0.0/8", "::1": "::1", "::ffff:127.0.0.1": "127.0.0.1"}


def rows():
    """Every setting in both modes, without and with own options, and some with other addresses."""
    for i, settings in enumerate(SETTINGS):
        for mode in MODES:
            yield settings, mode, OWN[i % len(OWN)], "127.0.0.1"
            if i % 4 == 0:
                yield settings, mode, "", "::1"
            if i % 4 == 2:
                yield settings, mode, "", "::ffff:127.0.0.1"
            if i % 3 == 1:
                yield settings, mode, OWN[(i + 1) % len(OWN)], "127.0.0.1"


def environment(settings, mode, address, port):
    found = {"KEEPALIVE_SHIM_MODE": mode}
    for word in settings.split():
        name, value = word.split("=", 1)
        value = value.replace("_", " ").replace("port=P", f"port={port}").replace("LOCAL", ADDRESSES[address])
        found["KEEPALIVE_SHIM_" + name] = value
    return found


def run(arguments, **more):
    return subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60,
                          check=True, **more).stdout


def attached(settings, words):
    plain = subprocess.Popen([program, "-w", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    found = []
    for line in plain.stdout:
        found.append(line)
        if line == "ready\n":
            run([command, "attach", str(plain.pid)], env={**os.environ, **settings})
            plain.stdin.close()
    plain.wait()
    return "".join(found)


def grouped(number, settings, words):
    group = os.path.join(os.environ["CGROUP"], str(number))
    os.mkdir(group)
    try:
        run([command, "cgroup", "attach", group], env={**os.environ, **settings})
        return run(["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, program, *words])
    finally:
        run([command, "cgroup", "detach", group])
        os.rmdir(group)


def answer(number, row):
    settings, mode, own, address = row
    port = 20000 + number
    words = (["-s", own] if own else []) + [address, str(port)]
    shown = environment(settings, mode, address, port)
    inside = {**os.environ, **shown}
    ways = {
        "preload": run([program, *words], env={**inside, "LD_PRELOAD": library}),
        "supervise": run([command, "run", "--supervise=always", "--", program, *words], env=inside),
        "attach": attached(shown, words),
    }
    if "CGROUP" in os.environ and "program=" not in settings:
        ways["cgroup"] = grouped(number, shown, words)
    name = f"{settings or 'defaults'} {mode} {'own ' + own if own else '-'} {address}"
    lines = []
    for role in ("socket", "listener", "client", "server"):
        values = {way: next(line for line in text.splitlines() if line.startswith(role + " ")).split(" ", 1)[1]
                  for way, text in ways.items()}
        if role == "socket":
            del values["attach"]  # attach ran after this socket was printed
        different = "" if len(set(values.values())) == 1 else " differs"
        lines.append(f"{name}: {role} " + " ".join(f"{way}={value.replace(' ', ',')}" for way, value in values.items())
                     + different)
    return lines


with concurrent.futures.ThreadPoolExecutor(4) as pool:
    for answers in pool.map(answer, *zip(*enumerate(rows()))):
        print("\n".join(answers))
