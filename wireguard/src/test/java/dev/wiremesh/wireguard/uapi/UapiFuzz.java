package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.engine.DeviceClocks;
import dev.wiremesh.wireguard.engine.DeviceParts;
import dev.wiremesh.wireguard.engine.UserSpaceDevice;
import dev.wiremesh.wireguard.io.memory.MemoryNetwork;
import dev.wiremesh.wireguard.io.memory.MemoryTun;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Random;

/** Fuzz target: any input of a client is answered in the form of the protocol. */
public final class UapiFuzz {
  private static final WireGuardDevice DEVICE =
      UserSpaceDevice.create(
          new DeviceParts(
              new MemoryTun("wg0"),
              new MemoryNetwork(() -> 0, 1).host(IpAddress.parse("192.0.2.1")),
              new JdkCipherBackend(),
              new DeviceClocks(() -> 0, InstantSource.system()),
              new Random(1),
              _ -> {},
              () -> {}));

  private UapiFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    var out = new ByteArrayOutputStream();
    try {
      new UapiSession(DEVICE, UapiAccess.READ_WRITE, new ByteArrayInputStream(input), out).run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var answer = out.toString(StandardCharsets.ISO_8859_1);
    if (!answer.isEmpty() && !answer.matches("(?s).*errno=-?\\d+\n\n")) {
      throw new AssertionError("not an answer: " + answer);
    }
    DEVICE.removeAllPeers();
  }
}
