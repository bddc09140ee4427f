package dev.wiremesh.lab.torture;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One object that a user might send, valid or not.
 *
 * @param label the odd field and its value, for messages
 * @param object the whole object, with apiVersion, kind and metadata
 */
record HostileManifest(String label, ObjectNode object) {

  String kind() {
    return object.path("kind").asText();
  }

  String namespace() {
    return object.at("/metadata/namespace").asText();
  }

  String name() {
    return object.at("/metadata/name").asText();
  }

  /** The path of the collection that the object is posted to. */
  String path() {
    return kind().equals("Peer")
        ? "/apis/wiremesh.dev/v1alpha1/namespaces/" + namespace() + "/peers"
        : "/apis/wiremesh.dev/v1alpha1/wireguardnetworks";
  }
}
