package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.engine.DeviceClocks;
import dev.wiremesh.wireguard.engine.DeviceParts;
import dev.wiremesh.wireguard.engine.UserSpaceDevice;
import dev.wiremesh.wireguard.io.BindFactory;
import dev.wiremesh.wireguard.io.memory.MemoryNetwork;
import dev.wiremesh.wireguard.io.memory.MemoryTun;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;

/** A device in memory, down at first, with a UAPI client. */
final class UapiDevice implements AutoCloseable {
  static final String KEY_A = "a8".repeat(31) + "41";
  static final String KEY_B = "b0".repeat(32);
  static final String KEY_C = "c0".repeat(32);
  static final String NO_KEY = "0".repeat(64);
  static final String OK = "errno=0\n\n";

  /** No socket can be opened at this one. */
  static final int TAKEN_PORT = 7;

  final MemoryNetwork network = new MemoryNetwork(() -> 0, 1);
  final MemoryTun tun = new MemoryTun("wg0");
  final WireGuardDevice device;

  UapiDevice() {
    tun.setUp(false);
    device =
        UserSpaceDevice.create(
            new DeviceParts(
                tun,
                sockets(),
                new JdkCipherBackend(),
                new DeviceClocks(() -> 0, InstantSource.system()),
                new SecureRandom(),
                _ -> {},
                () -> {}));
  }

  private BindFactory sockets() {
    var host = network.host(IpAddress.parse("192.0.2.1"));
    return (port, mark) -> {
      if (port == TAKEN_PORT) {
        throw new BindException("taken");
      }
      return host.open(port, mark);
    };
  }

  /** The answer on a connection with only this request. */
  String say(String request) {
    return say(UapiAccess.READ_WRITE, request);
  }

  String say(UapiAccess access, String request) {
    var in = new ByteArrayInputStream(request.getBytes(StandardCharsets.ISO_8859_1));
    var out = new ByteArrayOutputStream();
    try {
      new UapiSession(device, access, in, out).run();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  String set(String... lines) {
    return say("set=1\n" + String.join("\n", lines) + "\n\n");
  }

  String get() {
    return say("get=1\n\n");
  }

  @Override
  public void close() {
    device.close();
  }
}
