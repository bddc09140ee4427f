package dev.wiremesh.api.json;

/** An object of one of our kinds, with the problems that its deserialization found. */
public interface MeshObject {
  ReadProblems readProblems();

  /** Called once, by the deserializer or by a copy of the object. */
  void noteReadProblems(ReadProblems problems);
}
