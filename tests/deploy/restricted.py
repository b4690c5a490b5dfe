"""Checks a rendered workload, or a pod, for Pod Security "restricted": restricted.py FILE.yaml

Names each requirement of the standard, as of Kubernetes 1.25, that a container does not meet.
"""
import sys

import yaml

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image",
           "persistentVolumeClaim", "projected", "secret"}
HOST = ("hostNetwork", "hostPID", "hostIPC")

problems, containers = [], 0
for workload in yaml.safe_load_all(open(sys.argv[1])):
    pod = workload["spec"].get("template", workload)["spec"]
    problems += [key for key in HOST if pod.get(key)]
    problems += [f"volume {v['name']}" for v in pod.get("volumes", []) if not VOLUMES & set(v)]
    for container in pod.get("initContainers", []) + pod["containers"]:
        containers += 1
        own = container.get("securityContext", {})
        context = {**pod.get("securityContext", {}), **own}
        name = container["name"]
        if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
            problems.append(f"{name}: runAsNonRoot")
        if own.get("allowPrivilegeEscalation") is not False:
            problems.append(f"{name}: allowPrivilegeEscalation")
        if own.get("privileged"):
            problems.append(f"{name}: privileged")
        capabilities = own.get("capabilities", {})
        if "ALL" not in capabilities.get("drop", []) or \
                set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
            problems.append(f"{name}: capabilities")
        if context.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
            problems.append(f"{name}: seccompProfile")
        if any("hostPort" in port and port["hostPort"] for port in container.get("ports", [])):
            problems.append(f"{name}: hostPort")
print("\n".join(problems) or f"{containers} containers are restricted")
sys.exit(bool(problems))
