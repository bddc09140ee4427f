package dev.wiremesh.wireguard.engine;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.BootClock;
import dev.wiremesh.wireguard.linux.syscall.Niceness;
import dev.wiremesh.wireguard.linux.tun.LinuxTun;
import dev.wiremesh.wireguard.linux.udp.LinuxUdpSocket;
import dev.wiremesh.wireguard.offload.Offloads;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import dev.wiremesh.wireguard.uapi.UapiAccess;
import dev.wiremesh.wireguard.uapi.UapiServer;
import dev.wiremesh.wireguard.uapi.UapiSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The daemon with what only a test gives it: constants of the protocol divided by a number, a wall
 * clock that is set by a file, and identities and next hops, for which {@code wg} has no words.
 *
 * <pre>
 *   NAME DIVISOR CLOCK-FILE [identity NAME KEY | peer KEY IDENTITY ENDPOINT ALLOWED ALTERNATES]...
 * </pre>
 *
 * {@code -} stands for nothing; the clock file holds seconds to be added to the system's clock.
 */
public final class InjectedDaemon {
  private InjectedDaemon() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    var end = new CountDownLatch(1);
    var tun = LinuxTun.open(arguments[0], Offloads.ALL);
    var device =
        new UserSpaceDevice(
            new DeviceParts(
                tun,
                LinuxUdpSocket::open,
                new JdkCipherBackend(),
                new DeviceClocks(BootClock::nanos, clock(Path.of(arguments[2]))),
                new SecureRandom(),
                event -> {
                  if (event instanceof DeviceEvent.InterfaceGone) {
                    end.countDown();
                  }
                },
                Niceness::lower),
            ProtocolLimits.builder().timesDividedBy(Integer.parseInt(arguments[1])).build());
    configure(device, arguments);
    device.start();
    try (var uapi = UapiServer.start(device, UapiAccess.READ_WRITE, UapiSocket.open(tun.name()))) {
      end.await();
    } finally {
      device.close();
    }
  }

  private static InstantSource clock(Path file) {
    return () -> {
      try {
        return Instant.now().plusSeconds(Long.parseLong(Files.readString(file).strip()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private static void configure(UserSpaceDevice device, String[] words) {
    int at = 3;
    while (at < words.length) {
      if (words[at].equals("identity")) {
        device.setIdentity(words[at + 1], PrivateKey.parse(words[at + 2]));
        at += 3;
      } else {
        device.setPeer(
            PeerConfig.of(PublicKey.parse(words[at + 1]))
                .identity(words[at + 2])
                .endpointHint(words[at + 3].equals("-") ? null : endpoint(words[at + 3]))
                .allowedIps(prefixes(words[at + 4]))
                .alternateIps(prefixes(words[at + 5]))
                .build());
        at += 6;
      }
    }
  }

  private static UdpEndpoint endpoint(String words) {
    int colon = words.lastIndexOf(':');
    return UdpEndpoint.of(
        IpAddress.parse(words.substring(0, colon)), Integer.parseInt(words.substring(colon + 1)));
  }

  private static Set<IpPrefix> prefixes(String words) {
    return words.equals("-")
        ? Set.of()
        : Stream.of(words.split(",")).map(IpPrefix::parse).collect(Collectors.toSet());
  }
}
