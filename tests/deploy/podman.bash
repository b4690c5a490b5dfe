# Containers with podman and buildah, without a daemon, in a store of their own ($STORE), from images made here.
# shellcheck shell=bash

# podman_in_store ARGUMENT...
podman_in_store() {
	CONTAINERS_CONF=$STORE/containers.conf timeout 60 podman --root "$STORE/storage" --runroot "$STORE/run" --tmpdir "$STORE/tmp" \
		--storage-driver overlay --runtime runc --cgroup-manager cgroupfs --events-backend none \
		--log-level error "$@" 3>&- 4>&-
}

# Options for a container as under Kubernetes' "restricted", with no network but loopback.
RESTRICTED=(--network none --user 65534 --cap-drop all --security-opt no-new-privileges --read-only)

# containers_missing: sets up the store; if containers do not run here, prints the reason.
containers_missing() {
	local program said

	if [ "$(id -u)" != 0 ]; then
		echo "needs root"
		return
	fi
	for program in podman runc buildah; do
		command -v "$program" >/dev/null && continue
		echo "$program is not installed"
		return
	done
	mkdir -p "$STORE/true"
	# If this host's limits are lower than podman's defaults, podman cannot set those.
	cat >"$STORE/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
	END
	cc -static -o "$STORE/true/true" -x c - <<<'int main(void) { return 0; }'
	image_of "$STORE/true" true
	said=$(podman_in_store run --rm "${RESTRICTED[@]}" localhost/true /true 2>&1) ||
		echo "no containers here: $(tail -n 1 <<<"$said")"
}

# image_of DIRECTORY NAME: an image with these files.
image_of() {
	tar -C "$1" --owner=0 --group=0 -cf - . |
		podman_in_store import --quiet - "localhost/$2" >/dev/null 2>&1
}

# files_of PROGRAM...: copies programs of this host and the libraries that they load into the directory $FILES.
files_of() {
	local file

	for file in "$@" $(ldd "$@" 2>/dev/null | grep -o '/[^ ):]*' | sort -u); do
		mkdir -p "$FILES${file%/*}"
		cp -L "$file" "$FILES$file"
	done
}

containers_away() {
	[ -d "${STORE-}" ] || return 0
	podman_in_store rm --all --force --time 0 >/dev/null 2>&1 || true
	podman_in_store pod rm --all --force --time 0 >/dev/null 2>&1 || true
	await 60 store_away
}

# store_away: unmounts what a failed build has left and the store itself, and deletes it. Fails as long as podman still
# cleans up after a container.
store_away() {
	awk -v store="$STORE/" 'index($5, store) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		xargs -r umount -l
	rm -rf "$STORE"
}

# start_container NAME [ARGUMENT...]: starts it in the background; the pid of its first process is in $PID.
start_container() {
	local name=$1

	shift
	podman_in_store run --detach --name "$name" "${RESTRICTED[@]}" "$@" >/dev/null
	PID=$(podman_in_store inspect --format '{{.State.Pid}}' "$name")
}

# says NAME PATTERN: the container has printed a line that matches.
says() {
	podman_in_store logs "$1" 2>&1 | grep -q -e "$2"
}
