package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.device.DeviceListener;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.linux.BootClock;
import dev.wiremesh.wireguard.linux.LinuxTun;
import dev.wiremesh.wireguard.linux.LinuxUdpSocket;
import dev.wiremesh.wireguard.linux.Offloads;
import dev.wiremesh.wireguard.linux.ThreadPriority;
import dev.wiremesh.wireguard.uapi.UapiAccess;
import dev.wiremesh.wireguard.uapi.UapiServer;
import dev.wiremesh.wireguard.uapi.UapiSocket;
import dev.wiremesh.wireguard.uapi.UapiSocketWatch;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One interface from its making to its end: because it was deleted, because its socket was removed,
 * or because {@link #stop} was called.
 */
final class Daemon {
  private static final Logger log = LoggerFactory.getLogger(Daemon.class);

  private final CountDownLatch end = new CountDownLatch(1);
  private final WireGuardDevice device;
  private final UapiServer uapi;
  private final UapiSocketWatch watch;

  private Daemon(LinuxTun tun, UapiSocket socket, CipherBackend cipher, Offloads offloads)
      throws IOException {
    device =
        WireGuardDevice.create(
            new WireGuardDevice.Parts(
                tun,
                (port, mark) -> LinuxUdpSocket.open(port, mark, offloads),
                cipher,
                BootClock::nanos,
                InstantSource.system(),
                new SecureRandom(),
                new Listener(),
                ThreadPriority::giveWay));
    device.start();
    uapi = UapiServer.start(device, UapiAccess.READ_WRITE, socket);
    watch = UapiSocketWatch.start(socket, this::stop);
  }

  /** Returns when the interface and its socket can be used. */
  static Daemon start(Invocation.Run run, CipherBackend cipher, Offloads offloads)
      throws IOException {
    var tun =
        run.tunFd() == null
            ? LinuxTun.open(run.interfaceName(), offloads)
            : LinuxTun.adopt(run.tunFd(), offloads);
    try {
      var socket =
          run.uapiFd() == null
              ? UapiSocket.open(tun.name())
              : UapiSocket.adopt(run.uapiFd(), tun.name());
      return new Daemon(tun, socket, cipher, offloads);
    } catch (IOException e) {
      tun.close();
      throw e;
    }
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

  /** Tells the log what the device tells. */
  private final class Listener implements DeviceListener {
    @Override
    public void handshakeCompleted(PublicKey peer, boolean initiator, @Nullable Duration duration) {
      log.atDebug()
          .addKeyValue("peer", peer)
          .addKeyValue("initiator", initiator)
          .log("handshake completed");
    }

    @Override
    public void interfaceGone() {
      stop();
    }
  }
}
