package dev.wiremesh.agent.bypass;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResolverFilesTest {
  private final Path file;
  private final Path upstream;
  private final ResolverFiles files;

  ResolverFilesTest(@TempDir Path folder) {
    file = folder.resolve("resolv.conf");
    upstream = folder.resolve("upstream.conf");
    files = new ResolverFiles(List.of(file, upstream));
  }

  @Test
  void nameServersOfAllFilesAreRead() throws IOException {
    Files.writeString(file, "# stub\nnameserver 127.0.0.53\noptions edns0\nsearch example.org\n");
    Files.writeString(
        upstream, "nameserver 10.0.0.53\n  nameserver\t2001:db8::53 \r\nnameserver fe80::1%eth0\n");
    assertThat(files.resolvers())
        .extracting(Object::toString)
        .containsExactlyInAnyOrder("127.0.0.53", "10.0.0.53", "2001:db8::53", "fe80::1");
  }

  @Test
  void changesAreSeen() throws IOException {
    Files.writeString(file, "nameserver 10.0.0.53\n");
    assertThat(files.resolvers()).hasSize(1);
    Files.writeString(file, "nameserver 10.0.0.54\nnameserver 10.0.0.55\n");
    assertThat(files.resolvers())
        .extracting(Object::toString)
        .containsExactlyInAnyOrder("10.0.0.54", "10.0.0.55");
    Files.delete(file);
    assertThat(files.resolvers()).isEmpty();
  }

  @Test
  void unreadableContentHasNoNameServers() throws IOException {
    assertThat(files.resolvers()).isEmpty();
    Files.writeString(
        file,
        "nameserver\nnameserver example.org\n;nameserver 10.0.0.1\nnameservers 10.0.0.2\n\0\u00ff",
        StandardCharsets.ISO_8859_1);
    Files.createDirectory(upstream);
    assertThat(files.resolvers()).isEmpty();
    Files.write(file, new byte[100_000]);
    assertThat(files.resolvers()).isEmpty();
  }
}
