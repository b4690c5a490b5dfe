#!/usr/bin/env bats
# Unmodified clients: their connections get keepalive, or keep what the program set. The peer accepts and sends
# nothing, so each stays connected. curl, nc, python3: ../programs.bats

load ../helpers
load peers

setup() {
	hold
}

@test "wget" {
	require wget
	start wget -q -O /dev/null "http://127.0.0.1:$PORT/"
	client_has "$DEFAULTS"
}

@test "perl" {
	require perl
	start perl -MIO::Socket::INET -e \
		'my $s = IO::Socket::INET->new("127.0.0.1:'"$PORT"'") or die $!; <$s>'
	client_has "$DEFAULTS"
}

@test "ruby" {
	require ruby
	start ruby -rsocket -e 'TCPSocket.new("127.0.0.1", '"$PORT"').read'
	client_has "$DEFAULTS"
}

@test "php" {
	require php
	start php -r 'fgets(fsockopen("127.0.0.1", '"$PORT"'));'
	client_has "$DEFAULTS"
}

@test "socat: nothing set, then values of its own" {
	require socat
	start socat -u "TCP:127.0.0.1:$PORT" OPEN:/dev/null
	client_has "$DEFAULTS"
	start socat -u "TCP:127.0.0.1:$PORT,keepalive,keepidle=33" OPEN:/dev/null
	client_has "keepalive=1 idle=33 interval=10 count=6"
	start KEEPALIVE_SHIM_MODE=force socat -u "TCP:127.0.0.1:$PORT,keepalive,keepidle=33" OPEN:/dev/null
	client_has "$DEFAULTS"
}

@test "node: nothing set, then values of its own" {
	require node
	start node -e "require('net').connect($PORT, '127.0.0.1')"
	client_has "$DEFAULTS"

	# It sets an idle time of 5 s once it is connected; interval 1 s and count 10 are libuv's.
	own="require('net').connect(process.argv[1], '127.0.0.1', function () {
		this.setKeepAlive(true, 5000)
		this.write('!')
	})"
	start node -e "$own" "$PORT"
	client_has "keepalive=1 idle=5 interval=1 count=10"
	hold
	start KEEPALIVE_SHIM_MODE=force node -e "$own" "$PORT"
	await 15 sent "$PORT"
	client_has "$DEFAULTS"
}

@test "java: a socket, a channel, and one that is switched off" {
	require java javac
	cat >"$BATS_TEST_TMPDIR/Client.java" <<-'JAVA'
		import java.net.*;
		import java.nio.channels.SocketChannel;

		class Client {
			public static void main(String[] arguments) throws Exception {
				int port = Integer.parseInt(arguments[0]);
				Socket plain = new Socket("127.0.0.1", port);
				SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
				Socket off = new Socket("127.0.0.1", port);
				off.setKeepAlive(false);
				off.getOutputStream().write('!');
				plain.getInputStream().read();
			}
		}
	JAVA
	javac -d "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/Client.java"
	start java -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$BATS_TEST_TMPDIR" Client "$PORT"
	await 30 sent "$PORT"
	run sockets "$PID" "peer=[^ ]*:$PORT "
	assert_line --index 0 --partial "$DEFAULTS"
	assert_line --index 1 --partial "$DEFAULTS"
	assert_line --index 2 --partial "keepalive=0"
	refute_line --index 3 --partial "fd="
}

@test "psql: nothing set, switched off in the connection string, values of its own" {
	require psql
	start psql "host=127.0.0.1 port=$PORT"
	client_has "$DEFAULTS"
	start psql "host=127.0.0.1 port=$PORT keepalives=0"
	client_has "$DEFAULTS" # with keepalives=0 libpq makes no call at all
	start psql "host=127.0.0.1 port=$PORT keepalives_idle=33 tcp_user_timeout=90000"
	client_has "keepalive=1 idle=33 interval=10 count=6 user_timeout=90000"
	hold
	start KEEPALIVE_SHIM_MODE=force psql "host=127.0.0.1 port=$PORT keepalives_idle=33"
	await 15 sent "$PORT"
	client_has "$DEFAULTS"
}

@test "redis-cli: its own 15 s stay, force overrides them" {
	require redis-cli
	start redis-cli -h 127.0.0.1 -p "$PORT" ping
	client_has "keepalive=1 idle=15 interval=5 count=3"
	hold
	start KEEPALIVE_SHIM_MODE=force redis-cli -h 127.0.0.1 -p "$PORT" ping
	await 15 sent "$PORT"
	client_has "$DEFAULTS"
}

@test "ssh: its TCPKeepAlive, either way" {
	require ssh
	start ssh -F none -p "$PORT" 127.0.0.1
	client_has "$DEFAULTS"
	start ssh -F none -o TCPKeepAlive=no -p "$PORT" 127.0.0.1
	client_has "$DEFAULTS" # ssh then sets nothing
}

@test "KEEPALIVE_SHIM_ROLE=server leaves clients as they are" {
	require socat perl
	start KEEPALIVE_SHIM_ROLE=server socat -u "TCP:127.0.0.1:$PORT" OPEN:/dev/null
	client_has "$UNTOUCHED"
	start KEEPALIVE_SHIM_ROLE=server perl -MIO::Socket::INET -e \
		'my $s = IO::Socket::INET->new("127.0.0.1:'"$PORT"'") or die $!; <$s>'
	client_has "$UNTOUCHED"
}
