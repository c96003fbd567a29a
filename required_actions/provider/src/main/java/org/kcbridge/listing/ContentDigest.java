package org.kcbridge.listing;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.kcbridge.login.Ownership;

/** The digest the sync would take of what a user has now; see « users/digests » in docs/protocol.md. Not thread-safe. */
final class ContentDigest {

    private static final HexFormat HEX = HexFormat.of();

    private final Names names;
    private final Names counted;
    private final MessageDigest sha256 = Sha256.digest();
    private final StringBuilder text = new StringBuilder(1024);

    /**
     * @param names in whose places the users' values are
     * @param counted those of them the digest is taken over
     */
    ContentDigest(Names names, Names counted) {
        this.names = names;
        this.counted = counted;
    }

    String of(Listed user) {
        text.setLength(0);
        new CanonicalJson(text).open()
                .member("attributes", counted, names.pick(counted, user.values()))
                .member("email", orEmpty(user.email()))
                .member("enabled", user.enabled())
                .member("firstName", orEmpty(user.firstName()))
                .member("key", names.first(user.values(), Ownership.KEY_ATTRIBUTE))
                .member("lastName", orEmpty(user.lastName()))
                .member("username", user.username())
                .close();
        return HEX.formatHex(sha256.digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }
}
