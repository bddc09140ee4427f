package dev.wiremesh.lab.torture;

import java.time.Duration;

/**
 * The options of a torture run.
 *
 * @param duration of the storm
 * @param manifests the number of hostile manifests, spread over that time
 * @param laptops the number of outside hosts that stay connected
 * @param settle the time after which everything must be right
 */
public record TortureOptions(
    Duration duration, long seed, int manifests, int laptops, Duration settle) {}
