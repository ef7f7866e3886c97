// UDP, unix sockets, pipes and socket pairs, by the syscall package.
package main

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

func main() {
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		panic(err)
	}
	udp.WriteTo([]byte("datagram"), udp.LocalAddr())
	buffer := make([]byte, 64)
	n, _, _ := udp.ReadFrom(buffer)
	fmt.Println(string(buffer[:n]))
	udp.Close()

	pair, _ := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	syscall.Sendmsg(pair[0], []byte("fd"), syscall.UnixRights(1), nil, 0)
	control := make([]byte, syscall.CmsgSpace(4))
	n, cn, flags, _, err := syscall.Recvmsg(pair[1], buffer, control, syscall.MSG_CMSG_CLOEXEC)
	fmt.Println(n, cn, flags&^syscall.MSG_CMSG_CLOEXEC, err)
	syscall.Shutdown(pair[0], syscall.SHUT_WR)
	syscall.Close(pair[0])
	syscall.Close(pair[1])

	r, w, _ := os.Pipe()
	w.Write([]byte("through a pipe"))
	n, _ = r.Read(buffer)
	fmt.Println(string(buffer[:n]))

	_, err = net.Dial("tcp4", "127.0.0.1:1")
	fmt.Println(err)
}
