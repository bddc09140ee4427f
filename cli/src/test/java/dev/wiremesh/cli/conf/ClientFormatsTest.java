package dev.wiremesh.cli.conf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.cli.Corpus;
import dev.wiremesh.cli.peer.SiteRoutes;
import dev.wiremesh.core.wgquick.WgQuickText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The formats of each of the operator's golden configurations equal the golden files here; {@code
 * -Dgolden.update} rewrites them.
 */
class ClientFormatsTest {
  private static final Path FOLDER = Path.of("src/test/resources/client-configurations");

  @TestFactory
  Stream<DynamicTest> formatsEqualTheGoldenFiles() throws IOException {
    return Corpus.all().stream()
        .flatMap(one ->
            formats(one).entrySet().stream()
                .map(it ->
                    DynamicTest.dynamicTest(it.getKey(), () -> check(it.getKey(), it.getValue()))));
  }

  @Test
  void everyGoldenFileBelongsToAConfiguration() throws IOException {
    var expected = new TreeSet<String>();
    Corpus.all().forEach(one -> expected.addAll(formats(one).keySet()));
    try (var files = Files.list(FOLDER)) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void everyConfigurationIsReadAndRenderedAsItWas() throws IOException {
    for (var one : Corpus.all()) {
      var parsed = WgQuickText.parse(one.configuration());
      assertThat(parsed.unknown()).as(one.name()).isEmpty();
      assertThat(WgQuickText.render(parsed.config())).isEqualTo(one.configuration());
    }
  }

  private static void check(String name, String made) throws IOException {
    var file = FOLDER.resolve(name);
    if (System.getProperty("golden.update") != null) {
      Files.createDirectories(FOLDER);
      Files.writeString(file, made);
    }
    assertThat(made).isEqualTo(Files.readString(file));
  }

  private static Map<String, String> formats(Corpus one) {
    var device = device(one);
    var networkd = NetworkdFiles.of(device);
    var formats = new LinkedHashMap<String, String>();
    formats.put(one.name() + ".netdev", networkd.netdev());
    formats.put(one.name() + ".network", networkd.network());
    formats.put(one.name() + ".openwrt", OpenWrtScript.of(device));
    return formats;
  }

  static ClientDevice device(Corpus one) {
    var config = WgQuickText.parse(one.configuration()).config();
    return new ClientDevice("wg-home", config, SiteRoutes.of(one.peer(), config));
  }
}
