package dev.wiremesh.wireguard.uapi;

import static dev.wiremesh.wireguard.uapi.UapiDevice.KEY_A;
import static dev.wiremesh.wireguard.uapi.UapiDevice.KEY_B;
import static dev.wiremesh.wireguard.uapi.UapiDevice.KEY_C;
import static dev.wiremesh.wireguard.uapi.UapiDevice.OK;
import static dev.wiremesh.wireguard.uapi.UapiDevice.TAKEN_PORT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers to lines that are wrong or end too early, and which of the lines take effect. */
class UapiRefusalsTest {
  @AutoClose private final UapiDevice uapi = new UapiDevice();

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
    assertThat(uapi.set(line)).isEqualTo("errno=-" + errno + "\n\n");
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
    assertThat(uapi.set("public_key=" + KEY_B, line)).isEqualTo("errno=-22\n\n");
  }

  @Test
  void aTakenPortIsAnsweredAndTheOldOneStays() {
    uapi.tun.setUp(true);
    uapi.set("listen_port=5");
    assertThat(uapi.set("listen_port=" + TAKEN_PORT)).isEqualTo("errno=-98\n\n");
    assertThat(uapi.get()).contains("listen_port=5\n");
  }

  @Test
  void readOnlyAnswersGetAndRefusesSet() {
    assertThat(uapi.say(UapiAccess.READ_ONLY, "set=1\nlisten_port=9\n\nget=1\n\n"))
        .isEqualTo("errno=-1\n\n" + OK);
  }

  @Test
  void aRefusedRequestIsReadToItsEnd() {
    assertThat(uapi.say("set=1\nnonsense=1\nlisten_port=9\n\nget=1\n\n"))
        .isEqualTo("errno=-22\n\n" + OK);
  }

  @Test
  void linesBeforeAWrongLineTakeEffect() {
    for (var wrong : new String[] {"nonsense=1", "no equals sign", "x".repeat(2000)}) {
      uapi.set("replace_peers=true", "public_key=" + KEY_C);
      uapi.say("set=1\npublic_key=" + KEY_B + "\nallowed_ip=10.0.0.1/32\n" + wrong + "\n\n");
      assertThat(uapi.get()).as(wrong).contains(KEY_B, "allowed_ip=10.0.0.1/32");
      uapi.say("set=1\npublic_key=" + KEY_B + "\nremove=true\n" + wrong + "\n\n");
      assertThat(uapi.get()).as(wrong).doesNotContain(KEY_B).contains(KEY_C);
      uapi.say("set=1\npublic_key=" + KEY_B + "\nupdate_only=true\n" + wrong + "\n\n");
      assertThat(uapi.get()).as(wrong).doesNotContain(KEY_B);
    }
  }

  @Test
  void linesBeforeAnEarlyEndTakeEffect() {
    assertThat(uapi.say("set=1\n")).isEqualTo(OK);
    assertThat(uapi.say("set=1\nlisten_port=9\n")).isEqualTo(OK);
    assertThat(uapi.say("set=1\npublic_key=" + KEY_B + "\nallowed_ip=10.0.0.1/32\n")).isEqualTo(OK);
    assertThat(uapi.say("set=1\npublic_key=" + KEY_C + "\nallowed_ip=10.0.0.2/32")).isEqualTo(OK);
    assertThat(uapi.get())
        .contains("listen_port=9\n", KEY_B, "allowed_ip=10.0.0.1/32\n")
        .contains(KEY_C, "allowed_ip=10.0.0.2/32\n");
    assertThat(uapi.say("set=1\nfwmark=5\nlisten")).isEqualTo("errno=-71\n\n");
    assertThat(uapi.say("set=1\nfwmark=6\npublic_key=" + KEY_A.substring(1)))
        .isEqualTo("errno=-22\n\n");
    assertThat(uapi.get()).contains("fwmark=6\n").doesNotContain(KEY_A.substring(1));
  }

  @Test
  void manyLinesBeforeAnEarlyEndTakeEffectAll() {
    var lines =
        IntStream.range(0, 600)
            .mapToObj(i -> "allowed_ip=" + IpAddress.v4(0x0a000000 + i) + "/32\n")
            .collect(Collectors.joining());
    assertThat(uapi.say("set=1\npublic_key=" + KEY_B + "\n" + lines)).isEqualTo(OK);
    assertThat(uapi.get().lines().filter(line -> line.startsWith("allowed_ip="))).hasSize(600);
  }

  @Test
  void halfAnOperationIsNone() {
    assertThat(uapi.say("set=1")).isEmpty();
    assertThat(uapi.say("get=1")).isEmpty();
    assertThat(uapi.say("get=1\n")).isEmpty();
  }

  @Test
  void linesMayEndAsInATextFileOfWindows() {
    var set = "set=1\nfwmark=1\r\npublic_key=" + KEY_B + "\r\nallowed_ip=10.0.0.1/32\r\n";
    assertThat(uapi.say(set + "\r\nget=1\n\n"))
        .contains(KEY_B, "fwmark=1\n", "allowed_ip=10.0.0.1/32\n");
    assertThat(uapi.say(set + "remove=true\r")).isEqualTo(OK);
    assertThat(uapi.get()).doesNotContain(KEY_B);
    assertThat(uapi.set("fwmark=2\r\r")).isEqualTo("errno=-22\n\n");
    assertThat(uapi.say("set=1\r\nfwmark=2\r\n\r\n")).isEqualTo("errno=-71\n\n");
  }

  @Test
  void nonsenseIsAnsweredOrDropped() {
    assertThat(uapi.say("GET / HTTP/1.1\r\n\r\n")).isEqualTo("errno=-71\n\n");
    assertThat(uapi.say("x".repeat(100_000))).isEqualTo("errno=-71\n\n");
    assertThat(uapi.say("get=1\nmore=1\n\nget=1\n\n")).isEqualTo("errno=-22\n\n" + OK);
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      var bytes = new byte[random.nextInt(400)];
      random.nextBytes(bytes);
      var lines = new String(bytes, StandardCharsets.ISO_8859_1);
      assertThat(uapi.set(lines)).as("seed %d", seed).startsWith("errno=");
    }
  }
}
