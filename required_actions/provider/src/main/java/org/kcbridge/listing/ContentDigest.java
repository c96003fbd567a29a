package org.kcbridge.listing;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.kcbridge.login.Ownership;

/** The digest the sync would take of what a user has now; see « users/digests » in docs/protocol.md. */
final class ContentDigest {

    private static final HexFormat HEX = HexFormat.of();

    private final Collection<String> names;
    private final MessageDigest sha256;

    ContentDigest(Collection<String> names) {
        this.names = names;
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException(never);
        }
    }

    String of(Listed user) {
        Map<String, List<String>> attributes = new HashMap<>(user.attributes());
        attributes.keySet().retainAll(names);
        StringBuilder text = new StringBuilder(512);
        new CanonicalJson(text).open()
                .member("attributes", attributes)
                .member("email", orEmpty(user.email()))
                .member("enabled", user.enabled())
                .member("firstName", orEmpty(user.firstName()))
                .member("key", user.first(Ownership.KEY_ATTRIBUTE))
                .member("lastName", orEmpty(user.lastName()))
                .member("username", user.username())
                .close();
        return HEX.formatHex(sha256.digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }
}
