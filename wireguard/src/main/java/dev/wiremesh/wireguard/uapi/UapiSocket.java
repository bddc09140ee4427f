package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.linux.UnixListener;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The socket file of an interface, where {@code wg} looks for it. It is removed when it is closed,
 * unless somebody else's stands there by then.
 */
public final class UapiSocket implements AutoCloseable {
  static final Path DIRECTORY = Path.of("/var/run/wireguard");

  private final UnixListener listener;
  private final Path path;
  private final @Nullable Object fileKey;

  private UapiSocket(UnixListener listener, Path path) {
    this.listener = listener;
    this.path = path;
    fileKey = fileKey(path);
  }

  /** Where the socket of an interface is. */
  public static Path pathOf(String interfaceName) {
    return DIRECTORY.resolve(interfaceName + ".sock");
  }

  /**
   * Listens at {@link #pathOf}; takes the place of a socket that nobody serves any more.
   *
   * @throws SystemCallException with EADDRINUSE if another process serves it
   */
  public static UapiSocket open(String interfaceName) throws IOException {
    var path = pathOf(interfaceName);
    Files.createDirectories(
        DIRECTORY,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      return new UapiSocket(UnixListener.bind(path), path);
    } catch (SystemCallException e) {
      if (e.errno() != Errno.EADDRINUSE) {
        throw e;
      }
    }
    if (UnixListener.isServed(path)) {
      throw new SystemCallException(
          "bind " + path, Errno.EADDRINUSE, "Another process serves " + interfaceName);
    }
    Files.deleteIfExists(path);
    return new UapiSocket(UnixListener.bind(path), path);
  }

  /** Takes over a listening socket that another process bound to {@link #pathOf}. */
  public static UapiSocket adopt(int fd, String interfaceName) throws SystemCallException {
    return new UapiSocket(UnixListener.adopt(fd), pathOf(interfaceName));
  }

  UnixListener listener() {
    return listener;
  }

  public Path path() {
    return path;
  }

  /** False once the file is gone or is another one. */
  boolean isInPlace() {
    return fileKey != null && Objects.equals(fileKey, fileKey(path));
  }

  private static @Nullable Object fileKey(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    if (isInPlace()) {
      Files.deleteIfExists(path);
    }
    listener.close();
  }
}
