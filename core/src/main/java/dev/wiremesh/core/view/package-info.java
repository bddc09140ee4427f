/**
 * Networks, nodes and peers as immutable values: the input of the rules. No rules, no API objects,
 * no secrets.
 */
@NullMarked
package dev.wiremesh.core.view;

import org.jspecify.annotations.NullMarked;
