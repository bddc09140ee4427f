package dev.wiremesh.api.v1alpha1;

/** CEL rules of names: an object's name stands in request paths, so it is a DNS subdomain. */
final class Names {
  static final String SUBDOMAIN =
      "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')";

  static final String SECRET_MESSAGE =
      "write the name of a Secret in the Peer's namespace, such as my-key: lower-case letters, digits, '-' and '.'";

  static final String NETWORK = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')";

  static final String NETWORK_MESSAGE =
      "write the name of a WireGuardNetwork, such as home: lower-case letters, digits and '-'";

  static final String OPERATOR_MESSAGE =
      "names are written by the operator and are those of objects: lower-case letters, digits, '-' and '.'";

  private Names() {}
}
