package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** The order of an object's versions. The API server counts them up. */
public final class ResourceVersions {
  private ResourceVersions() {}

  /** The number of an object's version; 0 if it has none, or one that is no number. */
  public static long of(HasMetadata object) {
    var text = object.getMetadata().getResourceVersion();
    return text == null || !text.matches("[0-9]{1,18}") ? 0 : Long.parseLong(text);
  }

  /** Whether two objects are versions of one object: not of two under the same name. */
  public static boolean areOfOneObject(HasMetadata one, HasMetadata other) {
    var uid = one.getMetadata().getUid();
    return uid != null && uid.equals(other.getMetadata().getUid());
  }
}
