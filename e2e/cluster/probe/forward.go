package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
)

// forward returns when the port is open and printed; a process of its own goes on to serve it. A
// socket stays in the namespace that it was made in: so this one listens here, and hands the listening
// socket to a child that lives, and connects, over there.
func forward(netns, address string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command("nsenter", "--net="+netns, self, "forward-inherited", address)
	child.ExtraFiles = []*os.File{socket}
	child.Stderr = os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return nil
}

// forwardInherited serves the listening socket that the parent left as the first file after stderr.
func forwardInherited(address string) error {
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return err
	}
	for {
		caller, err := listener.Accept()
		if err != nil {
			return err
		}
		go join(caller, address)
	}
}

func join(caller net.Conn, address string) {
	defer caller.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return // the caller sees the connection end, and may try again
	}
	defer server.Close()
	back := make(chan struct{})
	go func() {
		pipe(caller, server)
		close(back)
	}()
	pipe(server, caller)
	<-back
}

// pipe copies until there is no more, and tells the other side so. An error ends both directions.
func pipe(to, from net.Conn) {
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		from.Close()
		return
	}
	to.(*net.TCPConn).CloseWrite()
}
