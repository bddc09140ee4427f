package dev.wiremesh.cli.training;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Rewrites jars whose class files are older than Java 6, such as picocli's: they have no stack
 * maps, so an AOT cache does not take them, and each start parses and verifies them again. The
 * rewritten class files have stack maps and are of Java 8; their code is the same.
 */
public final class OldClassFiles {
  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;
  private static final int WRITTEN = ClassFile.JAVA_8_VERSION;

  private OldClassFiles() {}

  /** Rewrites the jars in the folders that the arguments name. */
  public static void main(String[] folders) throws IOException {
    for (var folder : folders) {
      try (var files = Files.newDirectoryStream(Path.of(folder), "*.jar")) {
        for (var jar : files) {
          renew(jar);
        }
      }
    }
  }

  /** Rewrites a jar if it has class files that are too old; as a whole or not at all. */
  static void renew(Path jar) throws IOException {
    var renewed = jar.resolveSibling(jar.getFileName() + ".new");
    try (var old = new ZipFile(jar.toFile());
        var loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
      if (!hasOldClasses(old)) {
        return;
      }
      var classFile =
          ClassFile.of(
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(loader)
                      .orElse(ClassHierarchyResolver.defaultResolver())));
      try (var out = new ZipOutputStream(Files.newOutputStream(renewed))) {
        for (var entry : old.stream().toList()) {
          var written = new ZipEntry(entry.getName());
          written.setTime(entry.getTime());
          out.putNextEntry(written);
          var bytes = old.getInputStream(entry).readAllBytes();
          out.write(isOldClass(entry, bytes) ? renewed(classFile, bytes) : bytes);
          out.closeEntry();
        }
      }
      Files.move(renewed, jar, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(renewed);
    }
  }

  private static boolean hasOldClasses(ZipFile jar) throws IOException {
    for (var entry : jar.stream().toList()) {
      if (entry.getName().endsWith(".class")) {
        try (var in = jar.getInputStream(entry)) {
          if (isOldClass(entry, in.readNBytes(8))) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Whether the bytes start with the magic number of a class file, and with an old version. */
  private static boolean isOldClass(ZipEntry entry, byte[] bytes) {
    return entry.getName().endsWith(".class")
        && bytes.length >= 8
        && ByteBuffer.wrap(bytes).getInt() == ClassFile.MAGIC_NUMBER
        && ByteBuffer.wrap(bytes).getShort(6) < FIRST_WITH_STACK_MAPS;
  }

  private static byte[] renewed(ClassFile classFile, byte[] bytes) {
    ClassTransform version =
        (builder, element) -> {
          if (element instanceof ClassFileVersion) {
            builder.withVersion(WRITTEN, 0);
          } else {
            builder.with(element);
          }
        };
    return classFile.transformClass(
        classFile.parse(bytes),
        ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL).andThen(version));
  }
}
