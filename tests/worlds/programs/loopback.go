// loopback: a server and its client in one process; prints the client's options. Go sets keepalive itself (15 s), by
// system calls that no preload sees.
package main

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	listener, err := net.Listen("tcp", "localhost:0")
	check(err)
	client, err := net.Dial("tcp", listener.Addr().String())
	check(err)
	server, err := listener.Accept()
	check(err)
	_, err = client.Write([]byte("x"))
	check(err)
	_, err = server.Read(make([]byte, 1))
	check(err)
	raw, err := client.(*net.TCPConn).SyscallConn()
	check(err)
	raw.Control(func(fd uintptr) {
		on, _ := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
		idle, _ := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE)
		fmt.Printf("client keepalive=%d idle=%d\n", on, idle)
	})
}
