package dev.wiremesh.cli.output;

import dev.wiremesh.cli.kube.CliException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Writes files that hold keys: readable by their owner alone, and never over another file. */
public final class SecretFile {
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private SecretFile() {}

  /**
   * Writes a new file of mode 0600.
   *
   * @param force whether a file of that name is replaced, at once and as a whole
   * @throws CliException if there is one and it is not to be replaced, or if it cannot be written
   */
  public static void write(Path file, byte[] content, boolean force) {
    try {
      if (!force) {
        create(file);
        Files.write(file, content);
        return;
      }
      var target = file.toAbsolutePath();
      var folder = target.getParent();
      if (folder == null || Files.isDirectory(target)) {
        throw new CliException("cannot write " + file + ": it is a directory");
      }
      var fresh = Files.createTempFile(folder, "." + target.getFileName(), null, attributes());
      try {
        Files.write(fresh, content);
        Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (FileAlreadyExistsException e) {
      throw new CliException(
          file + " exists: write --force to replace it, or another name after -o", e);
    } catch (NoSuchFileException e) {
      throw new CliException("cannot write " + file + ": its directory does not exist", e);
    } catch (IOException e) {
      throw new CliException("cannot write " + file + ": " + e, e);
    }
  }

  private static void create(Path file) throws IOException {
    Files.createFile(file, attributes());
  }

  private static FileAttribute<?>[] attributes() {
    // Windows has no modes; a user's files are the user's own there.
    return Path.of("").getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {OWNER_ONLY}
        : new FileAttribute<?>[0];
  }
}
