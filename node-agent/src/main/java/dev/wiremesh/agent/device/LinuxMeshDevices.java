package dev.wiremesh.agent.device;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DeviceCounters;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.engine.DeviceClocks;
import dev.wiremesh.wireguard.engine.DeviceParts;
import dev.wiremesh.wireguard.engine.UserSpaceDevice;
import dev.wiremesh.wireguard.linux.syscall.BootClock;
import dev.wiremesh.wireguard.linux.syscall.Niceness;
import dev.wiremesh.wireguard.linux.tun.LinuxTun;
import dev.wiremesh.wireguard.linux.tun.TunDeniedException;
import dev.wiremesh.wireguard.linux.udp.LinuxUdpSocket;
import dev.wiremesh.wireguard.offload.Offloads;
import dev.wiremesh.wireguard.uapi.UapiAccess;
import dev.wiremesh.wireguard.uapi.UapiServer;
import dev.wiremesh.wireguard.uapi.UapiSocket;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens devices on persistent TUN interfaces, which outlive the agent. */
public final class LinuxMeshDevices implements MeshDevices {
  private static final Logger log = LoggerFactory.getLogger(LinuxMeshDevices.class);

  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final CipherBackend cipher;
  private final Offloads allowed;

  /**
   * @param allowed offloads that are used where the kernel has them
   */
  public LinuxMeshDevices(CipherBackend cipher, Offloads allowed, Clock clock) {
    this.cipher = cipher;
    this.allowed = allowed;
    this.clock = clock;
  }

  @Override
  public MeshDevice open(String interfaceName, Consumer<DeviceEvent> events) throws IOException {
    var tun = openTun(interfaceName);
    var socket = new AtomicReference<@Nullable LinuxUdpSocket>();
    var device =
        UserSpaceDevice.create(
            new DeviceParts(
                tun,
                (port, mark) -> {
                  var opened = LinuxUdpSocket.open(port, mark, allowed);
                  socket.set(opened);
                  return opened;
                },
                cipher,
                new DeviceClocks(BootClock::nanos, clock),
                random,
                events,
                Niceness::lower));
    device.start();
    return new LinuxMeshDevice(device, tun, socket, serve(device, interfaceName));
  }

  /** Adds to the library's message the chart value that grants access to the TUN device. */
  private LinuxTun openTun(String interfaceName) throws IOException {
    try {
      return LinuxTun.openPersistent(interfaceName, allowed);
    } catch (TunDeniedException e) {
      throw new IOException(
          e.getMessage()
              + ". In the chart's values that is agent.tunDevice.access: DevicePlugin, or Privileged",
          e);
    }
  }

  /** Serves {@code wg show}; the device works without it. */
  private static Optional<UapiServer> serve(WireGuardDevice device, String interfaceName) {
    try {
      var socket = UapiSocket.open(interfaceName);
      return Optional.of(UapiServer.start(device, UapiAccess.READ_ONLY, socket));
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("interface", interfaceName)
          .setCause(e)
          .log("Cannot open the UAPI socket; 'wg show' does not see the interface");
      return Optional.empty();
    }
  }

  private static void end(UapiServer uapi) {
    try {
      uapi.close();
    } catch (IOException e) {
      log.atWarn().setCause(e).log("UAPI socket not closed");
    }
  }

  /**
   * @param socket that was opened last
   */
  private record LinuxMeshDevice(
      WireGuardDevice device,
      LinuxTun tun,
      AtomicReference<@Nullable LinuxUdpSocket> socket,
      Optional<UapiServer> uapi)
      implements MeshDevice {
    @Override
    public void apply(DeviceConfig settings) throws IOException {
      // Mark and port before peers: an interface that is up already sends at once.
      device.setMark(settings.mark());
      if (device.snapshot().up()) {
        device.setListenPort(settings.listenPort());
      } else {
        // The device opens its port only when the interface goes up: find out now if it is taken.
        LinuxUdpSocket.open(settings.listenPort(), 0).close();
      }
      device.apply(settings);
    }

    @Override
    public void setPeer(PeerConfig peer) {
      device.setPeer(peer);
    }

    @Override
    public void removePeer(PublicKey peer) {
      device.removePeer(peer);
    }

    @Override
    public void initiate(PublicKey peer) {
      device.initiate(peer);
    }

    @Override
    public void echo(List<EchoRequest> requests) {
      device.echo(requests);
    }

    @Override
    public List<EchoReply> echoReplies() {
      return device.echoReplies();
    }

    @Override
    public DeviceSnapshot snapshot() {
      return device.snapshot();
    }

    @Override
    public DeviceCounters counters() {
      return device.counters();
    }

    @Override
    public Offloads offloads() {
      var udp = socket.get();
      return udp == null ? tun.offloads() : tun.offloads().or(udp.offloads());
    }

    @Override
    public void close() {
      uapi.ifPresent(LinuxMeshDevices::end);
      device.close();
    }
  }
}
