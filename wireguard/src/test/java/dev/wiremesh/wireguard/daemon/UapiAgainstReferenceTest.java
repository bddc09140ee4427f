package dev.wiremesh.wireguard.daemon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The same bytes to our daemon's configuration socket and to wireguard-go's: the same answers, and
 * afterwards the same device.
 */
@RequiresTun
@RequiresTool({"ip", "python3", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class UapiAgainstReferenceTest {
  private static final Duration PATIENCE = Duration.ofSeconds(300);
  private static final HexFormat HEX = HexFormat.of();

  /** Each line of its input is a request in hexadecimal digits, on a connection of its own. */
  private static final String CLIENT =
      """
      import socket, sys
      for line in sys.stdin:
          answer = b""
          with socket.socket(socket.AF_UNIX) as client:
              client.connect("/var/run/wireguard/wg0.sock")
              try:
                  client.sendall(bytes.fromhex(line))
                  client.shutdown(socket.SHUT_WR)
                  while chunk := client.recv(65536):
                      answer += chunk
              except OSError:
                  pass  # closed before all of it was read
          print(answer.hex())
      """;

  private static final String OWN_KEY = "28" + "3a".repeat(30) + "5b";
  private static final String[] KEYS = {
    publicKey(OWN_KEY), "b1".repeat(32), "c2".repeat(32), "d3".repeat(32)
  };
  private static final String[] PREFIXES = {
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.3/32",
    "10.1.2.3/24",
    "0.0.0.0/0",
    "::/0",
    "fd00::/8",
    "fd00::1/128",
    "fd00::ffff/64",
    "::ffff:10.0.0.0/104"
  };

  @AutoClose private final Hosts hosts = Hosts.forTest("wu");
  private final Host ours = hosts.create("ours");
  private final Host reference = hosts.create("reference");

  @BeforeEach
  void start() {
    Implementation.WIREMESH.command(ours, "wg0").withTimeout(PATIENCE).check();
    Implementation.WIREGUARD_GO.command(reference, "wg0").check();
  }

  @Test
  @Scenario(
      "Wrong lines in a request to the configuration socket are answered as wireguard-go"
          + " answers them")
  void wrongLinesHaveTheSameAnswers() {
    var device =
        Stream.of(
            "private_key",
            "private_key=",
            "private_key=12",
            "private_key=" + "g".repeat(64),
            "private_key=" + OWN_KEY.toUpperCase(Locale.ROOT),
            "private_key=" + "0".repeat(64),
            "private_key=" + "0".repeat(66),
            "private_key =" + OWN_KEY,
            "listen_port=",
            "listen_port=-1",
            "listen_port=+1",
            "listen_port=1 ",
            "listen_port=0x10",
            "listen_port=007",
            "listen_port=65535",
            "listen_port=65536",
            "listen_port=99999999999999999999",
            "fwmark=",
            "fwmark=0",
            "fwmark=0x1",
            "fwmark=4294967295",
            "fwmark=4294967296",
            "fwmark=-1",
            "replace_peers=",
            "replace_peers=1",
            "replace_peers=True",
            "replace_peers=true",
            "Replace_peers=true",
            "allowed_ip=10.0.0.0/8",
            "update_only=true",
            "protocol_version=1",
            "errno=0",
            "public_key=",
            "public_key=" + "b".repeat(63),
            "public_key=" + "b".repeat(65),
            "public_key=" + "0".repeat(64),
            "public_key=" + KEYS[0],
            "=",
            "==",
            "=true",
            " ",
            "nothing",
            "listen_port=1=1",
            "\u00ff\u00fe=\u00fd",
            "a\u0000b=c");
    var peer =
        Stream.of(
                "preshared_key=",
                "preshared_key=12",
                "preshared_key=" + "0".repeat(64),
                "preshared_key=" + "AB".repeat(32),
                "endpoint=",
                "endpoint=:5",
                "endpoint=1.2.3.4",
                "endpoint=1.2.3.4:",
                "endpoint=1.2.3.4:0",
                "endpoint=1.2.3.4:05",
                "endpoint=1.2.3.4:+5",
                "endpoint=1.2.3.4:65536",
                "endpoint=01.2.3.4:5",
                "endpoint=1.2.3:5",
                "endpoint=1.2.3.4.5:5",
                "endpoint=256.2.3.4:5",
                "endpoint=[1.2.3.4]:5",
                "endpoint=1.2.3.4%lo:5",
                "endpoint=1.2.3.4%0:5",
                "endpoint=[fe80::1%lo]:5",
                "endpoint=[fe80::1%]:5",
                "endpoint=[fe80::1%lo:5",
                "endpoint=2001:db8::1:5",
                "endpoint=[2001:db8::1]:5",
                "endpoint=[2001:db8::1]:5x",
                "endpoint=[2001:db8::1]",
                "endpoint=[2001:db8::1",
                "endpoint=[2001:DB8:0:0::1]:5",
                "endpoint=[::ffff:1.2.3.4]:5",
                "endpoint=[1:2:3:4:5:6:7:8:9]:5",
                "endpoint=[1::2::3]:5",
                "endpoint=localhost:5",
                "persistent_keepalive_interval=",
                "persistent_keepalive_interval=off",
                "persistent_keepalive_interval=0",
                "persistent_keepalive_interval=65535",
                "persistent_keepalive_interval=65536",
                "persistent_keepalive_interval=-1",
                "replace_allowed_ips=",
                "replace_allowed_ips=false",
                "replace_allowed_ips=true",
                "allowed_ip=",
                "allowed_ip=/",
                "allowed_ip=-",
                "allowed_ip=10.0.0.1",
                "allowed_ip=10.0.0.0/",
                "allowed_ip=10.0.0.0/33",
                "allowed_ip=10.0.0.0/-1",
                "allowed_ip=10.0.0.0/+8",
                "allowed_ip=10.0.0.0/08",
                "allowed_ip=10.0.0.0/8/8",
                "allowed_ip=10.0.0/8",
                "allowed_ip=010.0.0.0/8",
                "allowed_ip=+10.0.0.0/8",
                "allowed_ip=--10.0.0.0/8",
                "allowed_ip=-10.0.0.0/8",
                "allowed_ip=-10.0.0.0",
                "allowed_ip=fd00::/129",
                "allowed_ip=fe80::1%lo/64",
                "allowed_ip= 10.0.0.0/8",
                "remove=",
                "remove=false",
                "remove=true",
                "update_only=0",
                "update_only=true",
                "protocol_version=",
                "protocol_version=0",
                "protocol_version=1",
                "protocol_version=2",
                "private_key=" + OWN_KEY,
                "listen_port=5",
                "replace_peers=true",
                "rx_bytes=5",
                "last_handshake_time_sec=5")
            .map(line -> "public_key=" + KEYS[1] + "\n" + line);
    var behind =
        peer.flatMap(line -> {
          var key = line.substring(0, line.indexOf('\n') + 1);
          var rest = line.substring(key.length());
          return Stream.of(line, key + "allowed_ip=10.9.0.0/16\n" + rest + "\nendpoint=5");
        });
    var requests = new ArrayList<String>();
    // The reference takes a port before the interface is up; we do not, as the kernel.
    requests.add("set=1\nlisten_port=51820\n\n");
    Stream.concat(device, behind)
        .forEach(lines -> {
          requests.add("set=1\n" + lines + "\n\n");
          requests.add("get=1\n\n");
          requests.add("set=1\nreplace_peers=true\n\n");
        });
    requests.add("set=1\n\n");
    requests.add("get=1\nx\n");
    requests.add("set=1");
    requests.add("set=1\n");
    requests.add("get=1\n");
    requests.add("set=1\nfwmark=5\nlisten");
    requests.add("set=1\nfwmark=6\r");
    requests.add("set=1\nfwmark=7\r\r\n");
    var answers = say(ours, requests);
    var expected = say(reference, requests);
    for (int i = 0; i < requests.size(); i++) {
      assertThat(sorted(answers.get(i)))
          .as("%s%s", requests.get(Math.max(0, i - 1)), requests.get(i))
          .isEqualTo(sorted(expected.get(i)));
    }
  }

  @Test
  @Scenario(
      "Sequences of changes lead to the same device as with wireguard-go, with any line ends"
          + " and any point at which the client stops")
  void sequencesOfChangesLeadToTheSameDevice() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var requests = new ArrayList<String>();
    // The reference takes a port before the interface is up; we do not, as the kernel.
    requests.add("set=1\nlisten_port=51820\n\n");
    for (int i = 0; i < 300; i++) {
      requests.add(randomSet(random));
      requests.add("get=1\n\n");
    }
    var answers = say(ours, requests);
    var expected = say(reference, requests);
    for (int i = 0; i < requests.size(); i++) {
      assertThat(sorted(answers.get(i)))
          .as("seed %d, after%n%s", seed, requests.get(Math.max(0, i - 1)))
          .isEqualTo(sorted(expected.get(i)));
    }
  }

  private static String randomSet(Random random) {
    var lines = new ArrayList<>(List.of("set=1"));
    if (random.nextInt(4) == 0) {
      lines.add("private_key=" + (random.nextInt(6) == 0 ? "0".repeat(64) : OWN_KEY));
    }
    if (random.nextInt(6) == 0) {
      lines.add("listen_port=" + (1 + random.nextInt(65_535)));
    }
    if (random.nextInt(6) == 0) {
      lines.add("fwmark=" + random.nextInt(1 << 30));
    }
    if (random.nextInt(12) == 0) {
      lines.add("replace_peers=true");
    }
    for (int peers = random.nextInt(4); peers > 0; peers--) {
      randomPeer(random, lines);
    }
    return switch (random.nextInt(6)) {
      case 0 -> String.join("\n", lines);
      case 1 -> String.join("\n", lines) + "\n";
      case 2 -> withWindowsEnds(lines);
      default -> String.join("\n", lines) + "\n\n";
    };
  }

  /** All but that of the operation's name, which is never taken so. */
  private static String withWindowsEnds(List<String> lines) {
    return lines.getFirst()
        + "\n"
        + lines.stream().skip(1).map(line -> line + "\r\n").collect(Collectors.joining())
        + "\r\n";
  }

  /**
   * Lines about the whole peer are anywhere before its first allowed IP: after it, the reference
   * has moved the prefix from another peer already; here and in the kernel the prefix stays there.
   */
  private static void randomPeer(Random random, List<String> lines) {
    lines.add("public_key=" + KEYS[random.nextInt(KEYS.length)]);
    var settings = new ArrayList<String>();
    if (random.nextInt(8) == 0) {
      settings.add("remove=true");
    }
    if (random.nextInt(5) == 0) {
      settings.add("update_only=true");
    }
    if (random.nextInt(6) == 0) {
      settings.add("preshared_key=" + (random.nextBoolean() ? "0".repeat(64) : "ee".repeat(32)));
    }
    if (random.nextInt(4) == 0) {
      settings.add(
          switch (random.nextInt(4)) {
            case 0 -> "endpoint=[fd::2]:7";
            case 1 -> "endpoint=[fe80::1%lo]:7";
            default -> "endpoint=192.0.2.1:" + random.nextInt(9);
          });
    }
    if (random.nextInt(5) == 0) {
      settings.add("persistent_keepalive_interval=" + random.nextInt(3));
    }
    if (random.nextInt(9) == 0) {
      settings.add("protocol_version=1");
    }
    if (random.nextInt(9) == 0) {
      settings.add("replace_allowed_ips=true");
    }
    Collections.shuffle(settings, random);
    lines.addAll(settings);
    for (int steps = random.nextInt(5); steps > 0; steps--) {
      var prefix = PREFIXES[random.nextInt(PREFIXES.length)];
      lines.add(
          switch (random.nextInt(6)) {
            case 0 -> "allowed_ip=-" + prefix;
            case 1 -> "replace_allowed_ips=true";
            default -> "allowed_ip=" + prefix;
          });
    }
    if (random.nextInt(9) == 0) {
      lines.add("protocol_version=1");
    }
  }

  /** Peers, and the allowed IPs of each, stand in no order. */
  private static String sorted(String answer) {
    var parts = answer.split("(?=public_key=|errno=)");
    return Arrays.stream(parts)
        .map(part ->
            part.startsWith("public_key=")
                ? String.join("\n", part.lines().sorted().toList())
                : part)
        .sorted()
        .collect(Collectors.joining("\n"));
  }

  private static List<String> say(Host host, List<String> requests) {
    var input =
        requests.stream()
            .map(request -> HEX.formatHex(request.getBytes(ISO_8859_1)))
            .collect(Collectors.joining("\n", "", "\n"));
    return host.command("python3", "-c", CLIENT)
        .withInput(input)
        .withTimeout(PATIENCE)
        .check()
        .lines()
        .map(line -> new String(HEX.parseHex(line), ISO_8859_1))
        .toList();
  }

  private static String publicKey(String privateKey) {
    return HEX.formatHex(PrivateKey.of(HEX.parseHex(privateKey)).publicKey().toBytes());
  }
}
