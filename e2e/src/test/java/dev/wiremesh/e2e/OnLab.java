package dev.wiremesh.e2e;

import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs on a lab that all tests of this JVM share; parameters of type {@link
 * dev.wiremesh.lab.cluster.Lab} get it. Each test makes peers and networks of its own names.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@RequiresTun
@RequiresTool({"ip", "nft", "wg", "wg-quick", "ping", "wireguard-go"})
@ExtendWith(SharedLab.class)
@interface OnLab {}
