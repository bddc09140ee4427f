// Command probe is the cluster's small helper: the pause container, the other end of its checks, and
// the port forward to the API server on loopback.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: probe COMMAND
  pause               waits for the end; so it does without a command
  serve ADDRESS       answers each HTTP request with this host's name and the caller's address
  get URL             prints what a URL answers; asks with this pod's token if it is https
  tun NAME            makes a TUN device from /dev/net/tun, and keeps it
  forward NETNS ADDR  gives ADDR in another network namespace a port on this loopback, and prints it`

func main() {
	// A container's main program is process 1, and no signal ends that one unless it asks for it.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	command := append(args, "")[0]
	switch {
	case command == "" || command == "pause":
		<-ctx.Done()
		return nil
	case command == "serve" && len(args) == 2:
		return serve(ctx, args[1])
	case command == "get" && len(args) == 2:
		return get(args[1])
	case command == "tun" && len(args) == 2:
		if err := tun(args[1]); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	case command == "forward" && len(args) == 3:
		return forward(args[1], args[2])
	case command == "forward-inherited" && len(args) == 2:
		return forwardInherited(args[1])
	default:
		return errors.New(usage)
	}
}
