"""Random settings that the parser accepts: random-rules.py COUNT SEED COMMAND..., run for each with them in its environment."""
import os
import random
import subprocess
import sys

count, seed, *command = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]
choose = random.Random(seed)


def seconds():
    return choose.choice(["kernel", "1s", "32767s", str(choose.randint(1, 32767))])


def values(prefix=""):
    """Names and values of settings: some of them."""
    every = {"idle": seconds(), "interval": seconds(), "count": choose.choice(["kernel", "1", "127", "6"]),
             "user-timeout": choose.choice(["off", "1ms", "30s", "2147483647ms"]),
             "rto-max": choose.choice(["off", "1s", "120s", "1500ms"]), "mode": choose.choice(["respect", "force"])}
    return {prefix + name: value for name, value in every.items() if choose.random() < 0.4}


def peer():
    if choose.random() < 0.5:
        address, bits = ".".join(str(choose.choice([0, 1, 10, 127, 255, choose.randint(0, 255)])) for _ in range(4)), 32
    else:
        address, bits = ":".join(f"{choose.choice([0, 1, 0xffff, 0xfe80, choose.randint(0, 65535)]):x}" for _ in range(8)), 128
        if choose.random() < 0.2:
            address = "::ffff:10.0.0." + str(choose.randint(0, 255))
    return address if choose.random() < 0.3 else f"{address}/{choose.randint(0, bits)}"


def port():
    first = choose.choice([1, 80, 5432, 65535, choose.randint(1, 65535)])
    return str(first) if choose.random() < 0.5 else f"{first}-{choose.randint(first, 65535)}"


def rule():
    words = []
    if choose.random() < 0.5:
        words.append("role=" + choose.choice(["client", "server", "both"]))
    if choose.random() < 0.6:
        words.append("peer=" + peer())
    if choose.random() < 0.4:
        words.append("port=" + port())
    if choose.random() < 0.25:
        words += ["off"] + choose.choice([[], ["mode=force"], ["mode=respect"]])
    else:
        words += [f"{name}={value}" for name, value in values().items()]
    return " ".join(words) or "mode=respect"


for number in range(count):
    rules = [rule() for _ in range(choose.choice([0, 1, 2, 5, 20, 64]))]
    settings = {"KEEPALIVE_SHIM_" + name.upper().replace("-", "_"): value for name, value in values().items()}
    settings["KEEPALIVE_SHIM_ROLE"] = choose.choice(["both", "both", "client", "server"])
    settings["KEEPALIVE_SHIM_RULES"] = ";".join(rules)
    run = subprocess.run(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    errors = [line for line in run.stderr.splitlines() if not line.startswith("keepalive: warning: ")]
    if run.returncode or errors:
        print(f"set {number} of seed {seed}:", settings, run.returncode, *errors, sep="\n", flush=True)
        sys.exit(1)
print(f"{count} sets")
