package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.DeviceEvent.HandshakeCompleted;
import dev.wiremesh.wireguard.device.DeviceEvent.InterfaceGone;
import dev.wiremesh.wireguard.device.DeviceEvent.ProbeAnswered;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.engine.DeviceClocks;
import dev.wiremesh.wireguard.engine.DeviceParts;
import dev.wiremesh.wireguard.engine.UserSpaceDevice;
import dev.wiremesh.wireguard.io.CloseOnFailure;
import dev.wiremesh.wireguard.linux.syscall.BootClock;
import dev.wiremesh.wireguard.linux.syscall.Niceness;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import dev.wiremesh.wireguard.linux.tun.InterfaceDefaults;
import dev.wiremesh.wireguard.linux.tun.LinuxTun;
import dev.wiremesh.wireguard.linux.udp.LinuxUdpSocket;
import dev.wiremesh.wireguard.offload.Offloads;
import dev.wiremesh.wireguard.uapi.UapiAccess;
import dev.wiremesh.wireguard.uapi.UapiServer;
import dev.wiremesh.wireguard.uapi.UapiSocket;
import dev.wiremesh.wireguard.uapi.UapiSocketWatch;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One interface from its creation to its end: its deletion, the removal of its socket, or a call of
 * {@link #stop}.
 */
final class Daemon {
  private static final Logger log = LoggerFactory.getLogger(Daemon.class);

  private final CountDownLatch end;
  private final WireGuardDevice device;
  private final UapiServer uapi;
  private final UapiSocketWatch watch;

  private Daemon(
      CountDownLatch end, WireGuardDevice device, UapiServer uapi, UapiSocketWatch watch) {
    this.end = end;
    this.device = device;
    this.uapi = uapi;
    this.watch = watch;
  }

  /** Returns when the interface and its socket can be used. */
  static Daemon start(Invocation.Run run, CipherBackend cipher, Offloads offloads)
      throws IOException {
    var end = new CountDownLatch(1);
    try (var opened = new CloseOnFailure()) {
      var tun = opened.add(openTun(run, offloads));
      var socket = opened.add(openSocket(run, tun.name()));
      var device =
          opened.add(
              UserSpaceDevice.create(
                  new DeviceParts(
                      tun,
                      (port, mark) -> LinuxUdpSocket.open(port, mark, offloads),
                      cipher,
                      new DeviceClocks(BootClock::nanos, InstantSource.system()),
                      new SecureRandom(),
                      event -> onEvent(event, end),
                      Niceness::lower)));
      device.start();
      var uapi = opened.add(UapiServer.start(device, UapiAccess.READ_WRITE, socket));
      var watch = UapiSocketWatch.start(socket, end::countDown);
      return opened.keep(new Daemon(end, device, uapi, watch));
    }
  }

  private static LinuxTun openTun(Invocation.Run run, Offloads offloads)
      throws SystemCallException {
    if (run.tunFd() != null) {
      return LinuxTun.adopt(run.tunFd(), offloads);
    }
    var tun = LinuxTun.open(run.interfaceName(), offloads);
    InterfaceDefaults.disableRedirectsInNamespace();
    return tun;
  }

  private static UapiSocket openSocket(Invocation.Run run, String name) throws IOException {
    return run.uapiFd() == null ? UapiSocket.open(name) : UapiSocket.adopt(run.uapiFd(), name);
  }

  void awaitEnd() throws InterruptedException {
    end.await();
  }

  void stop() {
    end.countDown();
  }

  void close() throws IOException {
    watch.close();
    uapi.close();
    device.close();
  }

  private static void onEvent(DeviceEvent event, CountDownLatch end) {
    switch (event) {
      case HandshakeCompleted(var peer, boolean initiator, var _) ->
          log.atDebug()
              .addKeyValue("peer", peer)
              .addKeyValue("initiator", initiator)
              .log("Handshake completed");
      case ProbeAnswered _ -> {}
      case InterfaceGone() -> end.countDown();
    }
  }
}
