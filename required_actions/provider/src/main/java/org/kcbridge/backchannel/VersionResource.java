package org.kcbridge.backchannel;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import org.keycloak.common.Version;

/** Lets {@code kcb doctor} see that JAR, bridge and server fit together. */
public class VersionResource {

    private static final String VERSION = read();

    private final Call call;

    VersionResource(Call call) {
        this.call = call;
    }

    @GET
    public Response get() {
        return call.answer(() -> Map.of("version", VERSION, "keycloak", Version.VERSION),
                "tickets", "links", "passwords", "reset", "batch", "digests");
    }

    private static String read() {
        try (InputStream in = VersionResource.class.getResourceAsStream("/kc-bridge.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
