package dev.wiremesh.wireguard.uapi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.device.DeviceListener;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.UdpSocketFactory;
import dev.wiremesh.wireguard.io.memory.MemoryNetwork;
import dev.wiremesh.wireguard.io.memory.MemoryTun;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol as text in and text out, on a device in memory. */
class UapiSessionTest {
  private static final String KEY_A = "a8".repeat(31) + "41";
  private static final String KEY_B = "b0".repeat(32);
  private static final String KEY_C = "c0".repeat(32);
  private static final String NO_KEY = "0".repeat(64);
  private static final String OK = "errno=0\n\n";
  private static final int TAKEN_PORT = 7;

  private final MemoryNetwork network = new MemoryNetwork(() -> 0, 1);
  private final UdpSocketFactory sockets = network.host(IpAddress.parse("192.0.2.1"));

  private final MemoryTun tun = downTun();

  @AutoClose
  private final WireGuardDevice device =
      WireGuardDevice.create(
          new WireGuardDevice.Parts(
              tun,
              (port, mark) -> {
                if (port == TAKEN_PORT) {
                  throw new BindException("taken");
                }
                return sockets.open(port, mark);
              },
              new JdkCipherBackend(),
              () -> 0,
              InstantSource.system(),
              new SecureRandom(),
              new DeviceListener() {},
              () -> {}));

  private static MemoryTun downTun() {
    var tun = new MemoryTun("wg0");
    tun.setUp(false);
    return tun;
  }

  private String say(String request) {
    return say(UapiAccess.READ_WRITE, request);
  }

  private String say(UapiAccess access, String request) {
    return new String(
        say(access, request.getBytes(StandardCharsets.ISO_8859_1)), StandardCharsets.ISO_8859_1);
  }

  private byte[] say(UapiAccess access, byte[] request) {
    var out = new ByteArrayOutputStream();
    try {
      new UapiSession(device, access, new ByteArrayInputStream(request), out).run();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private String set(String... lines) {
    return say("set=1\n" + String.join("\n", lines) + "\n\n");
  }

  private String get() {
    return say("get=1\n\n");
  }

  /** As a script does that resolves a name after the rest is set. */
  @Test
  void aKeepaliveThatWaitedForAnEndpointIsBegunWithIt() {
    tun.setUp(true);
    set("private_key=" + KEY_A, "public_key=" + KEY_B, "persistent_keepalive_interval=25");
    assertThat(network.sent()).isEmpty();
    assertThat(set("public_key=" + KEY_B, "update_only=true", "endpoint=192.0.2.9:1234"))
        .isEqualTo(OK);
    assertThat(network.sent())
        .singleElement()
        .matches(datagram -> datagram.type() == MessageType.INITIATION);
    assertThat(set("public_key=" + KEY_B, "endpoint=192.0.2.9:1234")).isEqualTo(OK);
    assertThat(network.sent()).as("the same again changes nothing").isEmpty();
  }

  @Test
  void anUnconfiguredDeviceIsEmpty() {
    assertThat(get()).isEqualTo(OK);
  }

  @Test
  void whatIsSetIsGot() {
    assertThat(
            set(
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
    assertThat(get())
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
    set("public_key=" + KEY_B, "allowed_ip=10.0.0.2/32", "allowed_ip=10.0.0.3/32");
    set("public_key=" + KEY_C, "update_only=true", "allowed_ip=10.0.0.9/32");
    assertThat(get()).doesNotContain(KEY_C, "10.0.0.9");

    set("public_key=" + KEY_C, "allowed_ip=10.0.0.3/32", "allowed_ip=10.1.2.3/16");
    assertThat(get()).contains(KEY_C + "\n").contains("allowed_ip=10.1.0.0/16\n");
    assertThat(get().split("10.0.0.3/32", -1)).hasSize(2);

    set("public_key=" + KEY_B, "allowed_ip=-10.0.0.2/32", "allowed_ip=10.0.0.4/32");
    assertThat(get()).contains("10.0.0.4/32").doesNotContain("10.0.0.2/32");
    set("public_key=" + KEY_B, "replace_allowed_ips=true");
    assertThat(get()).contains(KEY_B).doesNotContain("10.0.0.4/32");
    set("public_key=" + KEY_B, "remove=true");
    assertThat(get()).contains(KEY_C).doesNotContain(KEY_B);
    set("replace_peers=true");
    assertThat(get()).isEqualTo(OK);
  }

  @Test
  void aZeroKeyRemovesTheKey() {
    set("private_key=" + KEY_A);
    set("private_key=" + NO_KEY);
    assertThat(get()).isEqualTo(OK);
  }

  @Test
  void manyAllowedIpsOfOnePeerAreTaken() {
    var lines =
        IntStream.range(0, 20_000)
            .mapToObj(i -> "allowed_ip=" + IpAddress.v4(0x0a000000 + i) + "/32")
            .collect(Collectors.joining("\n"));
    assertThat(set("public_key=" + KEY_B, lines)).isEqualTo(OK);
    assertThat(get().lines().filter(line -> line.startsWith("allowed_ip="))).hasSize(20_000);
  }

  @Test
  void manyPeersComeInTheOrderInWhichTheyWereAdded() {
    int many = 3 * UapiSession.PEERS_AT_ONCE;
    for (int peers = many - 1; peers <= many; peers++) {
      set("replace_peers=true");
      var keys = IntStream.rangeClosed(1, peers).mapToObj("public_key=%064x"::formatted).toList();
      assertThat(set(keys.toArray(String[]::new))).isEqualTo(OK);
      assertThat(get().lines().filter(line -> line.startsWith("public_key=")).toList())
          .isEqualTo(keys);
    }
  }

  /** What changes while somebody reads is in the next answer, and in this one it is not. */
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
    set(lines.toArray(String[]::new));
    var before = get();
    var first = keys.getFirst();
    var second = keys.get(1);
    var middle = keys.get(many / 2);
    var last = keys.getLast();
    int lastIp = many - 1;
    var slow =
        takenWhile(() -> {
          set(middle, "remove=true", second, "remove=true", second, "allowed_ip=10.0.1.0/24");
          set(first, "allowed_ip=10." + (lastIp >> 8) + "." + (lastIp & 255) + ".0/24");
          set(last, "preshared_key=" + KEY_C, "persistent_keepalive_interval=0");
          set("private_key=" + KEY_C, "public_key=" + KEY_B);
        });
    assertThat(slow).isEqualTo(before);
    assertThat(get())
        .startsWith("private_key=" + clamped(KEY_C))
        .doesNotContain(middle)
        .containsOnlyOnce(second)
        .contains(KEY_B, "preshared_key=" + KEY_C);
  }

  /** A reading during which the device changes, before much of the answer is taken. */
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
    new UapiSession(device, UapiAccess.READ_WRITE, request, out).run();
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void severalOperationsFitOnOneConnection() {
    assertThat(say("set=1\nlisten_port=5\n\nget=1\n\nset=1\nlisten_port=6\n\nget=1\n\n"))
        .isEqualTo(OK + "listen_port=5\n" + OK + OK + "listen_port=6\n" + OK);
  }

  @ParameterizedTest
  @CsvSource({
    "private_key=12, 22",
    "private_key=zz00000000000000000000000000000000000000000000000000000000000000, 22",
    "listen_port=65536, 22",
    "listen_port=-1, 22",
    "fwmark=4294967296, 22",
    "fwmark=0x57, 22",
    "fwmark=, 22",
    "listen_port=+5, 22",
    "replace_peers=false, 22",
    "nonsense=1, 22",
    "public_key=12, 22",
    "no equals sign, 71",
  })
  void wrongLinesAreRefused(String line, int errno) {
    assertThat(set(line)).isEqualTo("errno=-" + errno + "\n\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "remove=1",
        "update_only=",
        "preshared_key=abc",
        "endpoint=example.com:1",
        "endpoint=192.0.2.1",
        "endpoint=[192.0.2.1]:1",
        "endpoint=192.0.2.1%0:1",
        "endpoint=192.0.2.1%lo:1",
        "endpoint=2001:db8::1:5",
        "endpoint=[2001:db8::1%nothing9]:5",
        "persistent_keepalive_interval=70000",
        "replace_allowed_ips=no",
        "allowed_ip=10.0.0.0/33",
        "allowed_ip=10.0.0.1",
        "allowed_ip=+10.0.0.1/32",
        "allowed_ip=10.0.0.0/08",
        "allowed_ip=ten",
        "protocol_version=2",
        "listen_port=1",
      })
  void wrongPeerLinesAreRefused(String line) {
    assertThat(set("public_key=" + KEY_B, line)).isEqualTo("errno=-22\n\n");
  }

  @Test
  void aLinkLocalEndpointKeepsItsInterface() {
    set("public_key=" + KEY_B, "endpoint=[fe80::1%lo]:5");
    set("public_key=" + KEY_C, "endpoint=[fe80::1%1]:5");
    assertThat(get().lines().filter(line -> line.startsWith("endpoint=")))
        .containsExactly("endpoint=[fe80::1%lo]:5", "endpoint=[fe80::1%lo]:5");
  }

  @Test
  void anInterfaceThatIsGoneIsItsNumber() {
    set("public_key=" + KEY_B, "endpoint=[fe80::1%2000000000]:5");
    assertThat(get()).contains("endpoint=[fe80::1%2000000000]:5\n");
  }

  @Test
  void aTakenPortIsAnsweredAndTheOldOneStays() {
    tun.setUp(true);
    set("listen_port=5");
    assertThat(set("listen_port=" + TAKEN_PORT)).isEqualTo("errno=-98\n\n");
    assertThat(get()).contains("listen_port=5\n");
  }

  @Test
  void aRefusedRequestIsReadToItsEnd() {
    assertThat(say("set=1\nnonsense=1\nlisten_port=9\n\nget=1\n\n"))
        .isEqualTo("errno=-22\n\n" + OK);
  }

  @Test
  void whatStandsBeforeAWrongLineTakesEffect() {
    for (var wrong : new String[] {"nonsense=1", "no equals sign", "x".repeat(2000)}) {
      set("replace_peers=true", "public_key=" + KEY_C);
      say("set=1\npublic_key=" + KEY_B + "\nallowed_ip=10.0.0.1/32\n" + wrong + "\n\n");
      assertThat(get()).as(wrong).contains(KEY_B, "allowed_ip=10.0.0.1/32");
      say("set=1\npublic_key=" + KEY_B + "\nremove=true\n" + wrong + "\n\n");
      assertThat(get()).as(wrong).doesNotContain(KEY_B).contains(KEY_C);
      say("set=1\npublic_key=" + KEY_B + "\nupdate_only=true\n" + wrong + "\n\n");
      assertThat(get()).as(wrong).doesNotContain(KEY_B);
    }
  }

  @Test
  void readOnlyAnswersGetAndRefusesSet() {
    assertThat(say(UapiAccess.READ_ONLY, "set=1\nlisten_port=9\n\nget=1\n\n"))
        .isEqualTo("errno=-1\n\n" + OK);
  }

  @Test
  void whatStandsBeforeAnEarlyEndTakesEffect() {
    assertThat(say("set=1\n")).isEqualTo(OK);
    assertThat(say("set=1\nlisten_port=9\n")).isEqualTo(OK);
    assertThat(say("set=1\npublic_key=" + KEY_B + "\nallowed_ip=10.0.0.1/32\n")).isEqualTo(OK);
    assertThat(say("set=1\npublic_key=" + KEY_C + "\nallowed_ip=10.0.0.2/32")).isEqualTo(OK);
    assertThat(get())
        .contains("listen_port=9\n", KEY_B, "allowed_ip=10.0.0.1/32\n")
        .contains(KEY_C, "allowed_ip=10.0.0.2/32\n");
    assertThat(say("set=1\nfwmark=5\nlisten")).isEqualTo("errno=-71\n\n");
    assertThat(say("set=1\nfwmark=6\npublic_key=" + KEY_A.substring(1))).isEqualTo("errno=-22\n\n");
    assertThat(get()).contains("fwmark=6\n").doesNotContain(KEY_A.substring(1));
  }

  @Test
  void manyLinesBeforeAnEarlyEndTakeEffectAll() {
    var lines =
        IntStream.range(0, 600)
            .mapToObj(i -> "allowed_ip=" + IpAddress.v4(0x0a000000 + i) + "/32\n")
            .collect(Collectors.joining());
    assertThat(say("set=1\npublic_key=" + KEY_B + "\n" + lines)).isEqualTo(OK);
    assertThat(get().lines().filter(line -> line.startsWith("allowed_ip="))).hasSize(600);
  }

  @Test
  void halfAnOperationIsNone() {
    assertThat(say("set=1")).isEmpty();
    assertThat(say("get=1")).isEmpty();
    assertThat(say("get=1\n")).isEmpty();
  }

  @Test
  void linesMayEndAsInATextFileOfWindows() {
    var set = "set=1\nfwmark=1\r\npublic_key=" + KEY_B + "\r\nallowed_ip=10.0.0.1/32\r\n";
    assertThat(say(set + "\r\nget=1\n\n"))
        .contains(KEY_B, "fwmark=1\n", "allowed_ip=10.0.0.1/32\n");
    assertThat(say(set + "remove=true\r")).isEqualTo(OK);
    assertThat(get()).doesNotContain(KEY_B);
    assertThat(set("fwmark=2\r\r")).isEqualTo("errno=-22\n\n");
    assertThat(say("set=1\r\nfwmark=2\r\n\r\n")).isEqualTo("errno=-71\n\n");
  }

  @Test
  void nonsenseIsAnsweredOrDropped() {
    assertThat(say("GET / HTTP/1.1\r\n\r\n")).isEqualTo("errno=-71\n\n");
    assertThat(say("x".repeat(100_000))).isEqualTo("errno=-71\n\n");
    assertThat(say("get=1\nmore=1\n\nget=1\n\n")).isEqualTo("errno=-22\n\n" + OK);
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      var bytes = new byte[random.nextInt(400)];
      random.nextBytes(bytes);
      var request = new ByteArrayOutputStream();
      request.writeBytes("set=1\n".getBytes(StandardCharsets.ISO_8859_1));
      request.writeBytes(bytes);
      request.writeBytes("\n\n".getBytes(StandardCharsets.ISO_8859_1));
      assertThat(
              new String(
                  say(UapiAccess.READ_WRITE, request.toByteArray()), StandardCharsets.ISO_8859_1))
          .as("seed %d", seed)
          .startsWith("errno=");
    }
  }
}
