package dev.wiremesh.images;

/** The failure to make an image; its message names the remedy. */
final class ImagesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ImagesException(String message) {
    super(message);
  }

  ImagesException(String message, Throwable cause) {
    super(message, cause);
  }
}
