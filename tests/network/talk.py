"""talk: an ordinary program that uses TCP in one of the usual ways, and does not set keepalive.

talk.py listen PORT                accept() one connection, blocking
talk.py listen-mptcp PORT
talk.py inherit FD                 the same from a listener that it finds open
talk.py connect ADDRESS PORT       blocking
talk.py connect-mptcp ADDRESS PORT
talk.py connect-fastopen ADDRESS PORT   no connect(): the first data travel in the SYN
talk.py send ADDRESS PORT          the same, and after the greeting it only sends
talk.py async-listen PORT          non-blocking, asyncio
talk.py async-connect ADDRESS PORT
talk.py crowd ADDRESS PORT NUMBER  so many connections at once
talk.py workers PORT NUMBER        a threaded server with so many workers

A server greets with "hello". Lines on standard input go to the peer, what the peer sends goes to
standard output, the error that ends the connection to standard error.
"""
import os
import socket
import sys
import threading

if sys.argv[1].startswith("async-"):
    import asyncio  # slow to load

IPPROTO_MPTCP = 262


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def converse(connection):
    """Until the connection ends; its error ends the program."""
    def speak():
        while data := os.read(0, 1 << 20):
            connection.sendall(data)

    threading.Thread(target=speak, daemon=True).start()
    while data := connection.recv(4096):
        os.write(1, data)
    os.write(1, b"the peer has closed\n")


def serve(listener):
    connection, _ = listener.accept()
    connection.sendall(b"hello\n")
    converse(connection)


def listen(port, protocol=0):
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, protocol)
    listener.bind(("::", int(port)))
    listener.listen()
    serve(listener)


def inherit(fd):
    serve(socket.socket(fileno=int(fd)))


def connect(address, port, protocol=0):
    connection = socket.socket(family(address), socket.SOCK_STREAM, protocol)
    connection.connect((address, int(port)))
    converse(connection)


def send(address, port):
    connection = socket.create_connection((address, int(port)))
    os.write(1, connection.recv(4096))
    while data := os.read(0, 65536):
        connection.sendall(data)


def connect_fastopen(address, port):
    connection = socket.socket(family(address), socket.SOCK_STREAM)
    connection.sendto(b"early\n", socket.MSG_FASTOPEN, (address, int(port)))
    converse(connection)


async def async_converse(reader, writer):
    asyncio.get_running_loop().add_reader(0, lambda: writer.write(os.read(0, 65536)))
    while data := await reader.read(4096):
        os.write(1, data)


async def async_listen(port):
    ended = asyncio.get_running_loop().create_future()

    async def serve_one(reader, writer):
        writer.write(b"hello\n")
        try:
            await async_converse(reader, writer)
            ended.set_result(None)
        except OSError as error:
            ended.set_exception(error)

    async with await asyncio.start_server(serve_one, None, int(port)):
        await ended


async def async_connect(address, port):
    await async_converse(*await asyncio.open_connection(address, int(port)))


def crowd(address, port, number):
    connections = []
    for _ in range(int(number)):
        connections.append(socket.create_connection((address, int(port))))
        connections[-1].sendall(b"PING\r\n")
        if not connections[-1].recv(100):
            sys.exit("not served")
    print("all served", flush=True)
    threading.Event().wait()


def workers(port, number):
    listener = socket.create_server(("", int(port)))
    free = threading.Semaphore(int(number))

    def work(connection):
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
            except OSError as error:
                print(error.strerror, flush=True)
        free.release()

    while True:
        free.acquire()
        threading.Thread(target=work, args=listener.accept()[:1], daemon=True).start()


def main():
    way, arguments = sys.argv[1], sys.argv[2:]
    try:
        if way.endswith("-mptcp"):
            globals()[way.removesuffix("-mptcp")](*arguments, protocol=IPPROTO_MPTCP)
        elif way.startswith("async-"):
            asyncio.run(globals()[way.replace("-", "_")](*arguments))
        else:
            globals()[way.replace("-", "_")](*arguments)
    except OSError as error:
        sys.exit(error.strerror)


main()
