/** The API server as the program sees it: connection, requests, refusals as sentences. */
@NullMarked
package dev.wiremesh.cli.kube;

import org.jspecify.annotations.NullMarked;
