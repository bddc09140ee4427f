package dev.wiremesh.api.json;

import io.fabric8.kubernetes.client.CustomResource;

/**
 * Base of our kinds: an API object that carries the problems that its deserialization found.
 *
 * @param <S> the spec
 * @param <T> the status
 */
public abstract class MeshResource<S, T> extends CustomResource<S, T> implements MeshObject {
  private static final long serialVersionUID = 1L;

  private transient ReadProblems readProblems = ReadProblems.NONE;

  @Override
  public ReadProblems readProblems() {
    return readProblems;
  }

  @Override
  public void noteReadProblems(ReadProblems problems) {
    readProblems = problems;
  }
}
