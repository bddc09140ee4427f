package dev.wiremesh.wireguard.uapi;

import static dev.wiremesh.wireguard.uapi.UapiDevice.KEY_B;
import static dev.wiremesh.wireguard.uapi.UapiDevice.OK;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many lines about one peer: they become several changes, and the first happen before the last is
 * read.
 */
class UapiLongListsTest {
  @AutoClose private final UapiDevice uapi = new UapiDevice();

  @ParameterizedTest
  @ValueSource(ints = {511, 512, 513, 1024})
  void linesThatDecideAboutAPeerCountAlsoBehindALongList(int prefixes) {
    var list =
        IntStream.range(0, prefixes)
            .mapToObj(i -> "allowed_ip=10.9." + i / 256 + "." + i % 256 + "/32")
            .collect(Collectors.joining("\n"));
    for (var line : List.of("update_only=true", "remove=true")) {
      assertThat(uapi.set("public_key=" + KEY_B, list, line, "allowed_ip=10.8.0.0/16"))
          .isEqualTo(OK);
      assertThat(uapi.get()).as("%s for a new peer", line).isEqualTo(OK);
    }

    uapi.set("public_key=" + KEY_B);
    uapi.set("public_key=" + KEY_B, list, "update_only=true", "allowed_ip=10.8.0.0/16");
    assertThat(uapi.get().lines().filter(line -> line.startsWith("allowed_ip=")))
        .as("update_only for a peer that is there")
        .hasSize(prefixes + 1);
    uapi.set("public_key=" + KEY_B, list, "remove=true", "allowed_ip=10.8.0.0/16");
    assertThat(uapi.get()).isEqualTo(OK);
  }
}
