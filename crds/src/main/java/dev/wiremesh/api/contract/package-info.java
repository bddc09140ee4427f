/**
 * The contract between the programs: names, keys, labels, field managers, condition types and
 * reasons that one program writes and another one, a user or the chart reads. Each text stands here
 * once; a change of one is a change of the API.
 */
@NullMarked
package dev.wiremesh.api.contract;

import org.jspecify.annotations.NullMarked;
