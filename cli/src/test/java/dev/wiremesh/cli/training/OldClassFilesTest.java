package dev.wiremesh.cli.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class OldClassFilesTest {
  @TempDir private Path folder;

  @Test
  void classesOfPicocliAreRewrittenAndStillVerify() throws Exception {
    var jar = copy();
    var before = names(jar);
    OldClassFiles.main(new String[] {folder.toString()});
    assertThat(names(jar)).isEqualTo(before);
    try (var files = new ZipFile(jar.toFile());
        var loader =
            new URLClassLoader(
                new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      for (var name : before) {
        if (name.endsWith(".class") && !name.startsWith("META-INF/")) {
          var bytes = files.getInputStream(files.getEntry(name)).readAllBytes();
          assertThat(ClassFile.of().parse(bytes).majorVersion())
              .as(name)
              .isGreaterThanOrEqualTo(ClassFile.JAVA_8_VERSION);
          verify(loader, name);
        }
      }
    }
    assertThat(files(folder)).containsExactly(jar);
  }

  /** The JVM verifies a class when it initializes it; those for Groovy and the like stay out. */
  private static void verify(ClassLoader loader, String file) throws ClassNotFoundException {
    var name = file.substring(0, file.length() - ".class".length()).replace('/', '.');
    if (name.startsWith("picocli.CommandLine") || name.startsWith("picocli.AutoComplete")) {
      try {
        assertThat(Class.forName(name, true, loader)).isNotNull();
      } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
        assertThat(e).as(name).hasMessageNotContaining("Verify");
      }
    }
  }

  @Test
  void newJarIsLeftAsItIs() throws Exception {
    var jar = copy();
    OldClassFiles.renew(jar);
    var bytes = Files.readAllBytes(jar);
    var time = Files.getLastModifiedTime(jar);
    OldClassFiles.renew(jar);
    assertThat(Files.readAllBytes(jar)).isEqualTo(bytes);
    assertThat(Files.getLastModifiedTime(jar)).isEqualTo(time);
  }

  private Path copy() throws IOException, URISyntaxException {
    var picocli =
        Path.of(CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return Files.copy(picocli, folder.resolve("picocli.jar"));
  }

  private static List<String> names(Path jar) throws IOException {
    try (var file = new ZipFile(jar.toFile())) {
      return file.stream().map(entry -> entry.getName()).toList();
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }
}
