package main

import (
	"fmt"
	"net"
	"syscall"
	"unsafe"
)

const (
	iffTun    = 0x0001
	iffNoPi   = 0x1000
	tunSetIff = 0x400454ca
)

// ifreq is the kernel's struct of that name, as far as TUNSETIFF reads it.
type ifreq struct {
	name  [16]byte
	flags uint16
	_     [22]byte
}

func tun(name string) error {
	device, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /dev/net/tun: %w", err)
	}
	request := ifreq{flags: iffTun | iffNoPi}
	copy(request.name[:15], name)
	_, _, errno := syscall.Syscall(
		syscall.SYS_IOCTL, uintptr(device), tunSetIff, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return fmt.Errorf("TUNSETIFF: %w", errno)
	}
	made, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	fmt.Printf("made %s, index %d\n", made.Name, made.Index)
	return nil
}
