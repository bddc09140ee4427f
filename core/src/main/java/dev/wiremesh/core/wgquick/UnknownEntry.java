package dev.wiremesh.core.wgquick;

/**
 * A line of a wg-quick configuration that {@link WgQuickConfig} has no place for, such as {@code
 * ListenPort} or {@code SaveConfig}.
 *
 * @param line its number, from 1
 * @param section the name in brackets above it, such as {@code Interface}
 * @param key as it was written
 * @param value may be a secret, so {@link #toString} leaves it out
 */
public record UnknownEntry(int line, String section, String key, String value) {

  /** One sentence for the person who wrote the file. */
  public String message() {
    return "line %d: %s in [%s] is kept as it is: it has no meaning here"
        .formatted(line, key, section);
  }

  @Override
  public String toString() {
    return message();
  }
}
