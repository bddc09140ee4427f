package dev.wiremesh.wireguard.uapi;

import static dev.wiremesh.wireguard.uapi.UapiDevice.KEY_A;
import static dev.wiremesh.wireguard.uapi.UapiDevice.KEY_B;
import static dev.wiremesh.wireguard.uapi.UapiDevice.KEY_C;
import static dev.wiremesh.wireguard.uapi.UapiDevice.NO_KEY;
import static dev.wiremesh.wireguard.uapi.UapiDevice.OK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.handshake.MessageType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The protocol as text in and text out. */
class UapiSessionTest {
  @AutoClose private final UapiDevice uapi = new UapiDevice();

  /** A script may resolve a name after the rest is set. */
  @Test
  void aKeepaliveThatWaitedForAnEndpointIsBegunWithIt() {
    uapi.tun.setUp(true);
    uapi.set("private_key=" + KEY_A, "public_key=" + KEY_B, "persistent_keepalive_interval=25");
    assertThat(uapi.network.sent()).isEmpty();
    assertThat(uapi.set("public_key=" + KEY_B, "update_only=true", "endpoint=192.0.2.9:1234"))
        .isEqualTo(OK);
    assertThat(uapi.network.sent())
        .singleElement()
        .matches(datagram -> datagram.type() == MessageType.INITIATION);
    assertThat(uapi.set("public_key=" + KEY_B, "endpoint=192.0.2.9:1234")).isEqualTo(OK);
    assertThat(uapi.network.sent()).as("the same again changes nothing").isEmpty();
  }

  @Test
  void anUnconfiguredDeviceIsEmpty() {
    assertThat(uapi.get()).isEqualTo(OK);
  }

  @Test
  void getReturnsTheSetValues() {
    assertThat(
            uapi.set(
                "private_key=" + KEY_A,
                "listen_port=51820",
                "fwmark=87",
                "replace_peers=true",
                "public_key=" + KEY_B,
                "preshared_key=" + KEY_C,
                "endpoint=192.0.2.9:1234",
                "persistent_keepalive_interval=25",
                "replace_allowed_ips=true",
                "allowed_ip=10.0.0.2/32",
                "allowed_ip=fd00::/64",
                "public_key=" + KEY_C,
                "endpoint=[2001:db8::1]:51820"))
        .isEqualTo(OK);
    assertThat(uapi.get())
        .isEqualTo(
            """
            private_key=%s
            listen_port=51820
            fwmark=87
            public_key=%s
            preshared_key=%s
            protocol_version=1
            endpoint=192.0.2.9:1234
            last_handshake_time_sec=0
            last_handshake_time_nsec=0
            tx_bytes=0
            rx_bytes=0
            persistent_keepalive_interval=25
            allowed_ip=10.0.0.2/32
            allowed_ip=fd00::/64
            public_key=%s
            preshared_key=%s
            protocol_version=1
            endpoint=[2001:db8::1]:51820
            last_handshake_time_sec=0
            last_handshake_time_nsec=0
            tx_bytes=0
            rx_bytes=0
            persistent_keepalive_interval=0
            errno=0

            """
                .formatted(clamped(KEY_A), KEY_B, KEY_C, KEY_C, NO_KEY));
  }

  private static String clamped(String hex) {
    return HexFormat.of().formatHex(PrivateKey.of(HexFormat.of().parseHex(hex)).toBytes());
  }

  @Test
  void peersAreUpdatedRemovedAndReplaced() {
    uapi.set("public_key=" + KEY_B, "allowed_ip=10.0.0.2/32", "allowed_ip=10.0.0.3/32");
    uapi.set("public_key=" + KEY_C, "update_only=true", "allowed_ip=10.0.0.9/32");
    assertThat(uapi.get()).doesNotContain(KEY_C, "10.0.0.9");

    uapi.set("public_key=" + KEY_C, "allowed_ip=10.0.0.3/32", "allowed_ip=10.1.2.3/16");
    assertThat(uapi.get()).contains(KEY_C + "\n").contains("allowed_ip=10.1.0.0/16\n");
    assertThat(uapi.get().split("10.0.0.3/32", -1)).hasSize(2);

    uapi.set("public_key=" + KEY_B, "allowed_ip=-10.0.0.2/32", "allowed_ip=10.0.0.4/32");
    assertThat(uapi.get()).contains("10.0.0.4/32").doesNotContain("10.0.0.2/32");
    uapi.set("public_key=" + KEY_B, "replace_allowed_ips=true");
    assertThat(uapi.get()).contains(KEY_B).doesNotContain("10.0.0.4/32");
    uapi.set("public_key=" + KEY_B, "remove=true");
    assertThat(uapi.get()).contains(KEY_C).doesNotContain(KEY_B);
    uapi.set("replace_peers=true");
    assertThat(uapi.get()).isEqualTo(OK);
  }

  @Test
  void aZeroKeyRemovesTheKey() {
    uapi.set("private_key=" + KEY_A);
    uapi.set("private_key=" + NO_KEY);
    assertThat(uapi.get()).isEqualTo(OK);
  }

  @Test
  void manyAllowedIpsOfOnePeerAreTaken() {
    var lines =
        IntStream.range(0, 20_000)
            .mapToObj(i -> "allowed_ip=" + IpAddress.v4(0x0a000000 + i) + "/32")
            .collect(Collectors.joining("\n"));
    assertThat(uapi.set("public_key=" + KEY_B, lines)).isEqualTo(OK);
    assertThat(uapi.get().lines().filter(line -> line.startsWith("allowed_ip="))).hasSize(20_000);
  }

  @Test
  void manyPeersComeInTheOrderInWhichTheyWereAdded() {
    int many = 3 * UapiSession.PEERS_AT_ONCE;
    for (int peers = many - 1; peers <= many; peers++) {
      uapi.set("replace_peers=true");
      var keys = IntStream.rangeClosed(1, peers).mapToObj("public_key=%064x"::formatted).toList();
      assertThat(uapi.set(keys.toArray(String[]::new))).isEqualTo(OK);
      assertThat(uapi.get().lines().filter(line -> line.startsWith("public_key=")).toList())
          .isEqualTo(keys);
    }
  }

  /** A change while a client reads is in the next answer, not in this one. */
  @Test
  void theAnswerIsTheDeviceAtOneMomentHoweverSlowlyItIsTaken() throws IOException {
    int many = 50 * UapiSession.PEERS_AT_ONCE;
    var keys = IntStream.rangeClosed(1, many).mapToObj("public_key=%064x"::formatted).toList();
    var lines = new ArrayList<String>(List.of("private_key=" + KEY_A));
    for (int i = 0; i < many; i++) {
      lines.add(keys.get(i));
      lines.add("preshared_key=%064x".formatted(7 * many + i));
      lines.add("persistent_keepalive_interval=" + (1 + i));
      lines.add("allowed_ip=10." + (i >> 8) + "." + (i & 255) + ".0/24");
    }
    uapi.set(lines.toArray(String[]::new));
    var before = uapi.get();
    var first = keys.getFirst();
    var second = keys.get(1);
    var middle = keys.get(many / 2);
    var last = keys.getLast();
    int lastIp = many - 1;
    var slow =
        takenWhile(() -> {
          uapi.set(middle, "remove=true", second, "remove=true", second, "allowed_ip=10.0.1.0/24");
          uapi.set(first, "allowed_ip=10." + (lastIp >> 8) + "." + (lastIp & 255) + ".0/24");
          uapi.set(last, "preshared_key=" + KEY_C, "persistent_keepalive_interval=0");
          uapi.set("private_key=" + KEY_C, "public_key=" + KEY_B);
        });
    assertThat(slow).isEqualTo(before);
    assertThat(uapi.get())
        .startsWith("private_key=" + clamped(KEY_C))
        .doesNotContain(middle)
        .containsOnlyOnce(second)
        .contains(KEY_B, "preshared_key=" + KEY_C);
  }

  /** An answer during which the device changes, before most of it is read. */
  private String takenWhile(Runnable change) throws IOException {
    var out =
        new ByteArrayOutputStream() {
          private boolean begun;

          @Override
          public void write(byte[] bytes, int from, int length) {
            if (!begun) {
              begun = true;
              change.run();
            }
            super.write(bytes, from, length);
          }
        };
    var request = new ByteArrayInputStream("get=1\n\n".getBytes(StandardCharsets.ISO_8859_1));
    new UapiSession(uapi.device, UapiAccess.READ_WRITE, request, out).run();
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void severalOperationsFitOnOneConnection() {
    assertThat(uapi.say("set=1\nlisten_port=5\n\nget=1\n\nset=1\nlisten_port=6\n\nget=1\n\n"))
        .isEqualTo(OK + "listen_port=5\n" + OK + OK + "listen_port=6\n" + OK);
  }

  @Test
  void aLinkLocalEndpointKeepsItsInterface() {
    uapi.set("public_key=" + KEY_B, "endpoint=[fe80::1%lo]:5");
    uapi.set("public_key=" + KEY_C, "endpoint=[fe80::1%1]:5");
    assertThat(uapi.get().lines().filter(line -> line.startsWith("endpoint=")))
        .containsExactly("endpoint=[fe80::1%lo]:5", "endpoint=[fe80::1%lo]:5");
  }

  @Test
  void anInterfaceThatIsGoneIsItsNumber() {
    uapi.set("public_key=" + KEY_B, "endpoint=[fe80::1%2000000000]:5");
    assertThat(uapi.get()).contains("endpoint=[fe80::1%2000000000]:5\n");
  }
}
