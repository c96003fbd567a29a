package org.kcbridge.listing;

import jakarta.ws.rs.core.StreamingOutput;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.kcbridge.batch.Content;
import org.kcbridge.login.Ownership;
import org.kcbridge.login.Powers;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.KeycloakSessionFactory;

/** Users as lines of JSON, written while they are read; the last line counts them, so that a torn answer shows. */
public final class Listing {

    private static final int BUFFER = 64 * 1024;

    private final KeycloakSessionFactory factory;
    private final String realm;
    private final Powers powers;

    public Listing(KeycloakSession session) {
        this.factory = session.getKeycloakSessionFactory();
        this.realm = session.getContext().getRealm().getId();
        this.powers = new Powers(session, session.getProvider(JpaConnectionProvider.class).getEntityManager());
        powers.readAll();
    }

    /**
     * The users the bridge owns, each with the digest the sync left.
     *
     * @param attributes to take a digest of what the user has now, over these; null for none
     */
    public StreamingOutput digests(List<String> attributes) {
        Set<String> names = names(attributes == null ? List.of() : attributes);
        ContentDigest current = attributes == null ? null : new ContentDigest(attributes);
        return lines(new UserPages(factory, realm, names, false), this::isOwned, (user, line) -> {
            line.member("id", user.id()).member("key", user.first(Ownership.KEY_ATTRIBUTE))
                    .member("username", user.username()).member("enabled", user.enabled())
                    .member("digest", user.first(Content.DIGEST_ATTRIBUTE));
            if (current != null) {
                line.member("current", current.of(user));
            }
        });
    }

    /** Everybody but service accounts, with what tells who they may be. */
    public StreamingOutput directory(List<String> attributes) {
        Set<String> names = names(attributes);
        return lines(new UserPages(factory, realm, names, true), user -> true, (user, line) -> {
            String key = user.first(Ownership.KEY_ATTRIBUTE);
            user.attributes().keySet().retainAll(attributes);
            line.member("id", user.id()).member("username", user.username()).member("email", user.email())
                    .member("firstName", user.firstName()).member("lastName", user.lastName())
                    .member("enabled", user.enabled()).member("federated", user.federated())
                    .member("hasPassword", user.hasPassword())
                    .member("administrator", powers.areHeldBy(user.id())).member("key", key)
                    .member("attributes", user.attributes());
        });
    }

    private boolean isOwned(Listed user) {
        String key = user.first(Ownership.KEY_ATTRIBUTE);
        return key != null && !key.isBlank() && !powers.areHeldBy(user.id());
    }

    private static Set<String> names(List<String> attributes) {
        Set<String> names = new LinkedHashSet<>(attributes);
        names.add(Ownership.KEY_ATTRIBUTE);
        names.add(Content.DIGEST_ATTRIBUTE);
        return names;
    }

    private interface Line {
        void write(Listed user, CanonicalJson line);
    }

    private static StreamingOutput lines(UserPages pages, Predicate<Listed> wanted, Line writer) {
        return plain -> {
            OutputStream out = new BufferedOutputStream(plain, BUFFER);
            StringBuilder text = new StringBuilder();
            long[] count = {0};
            pages.each(user -> {
                if (wanted.test(user)) {
                    text.setLength(0);
                    CanonicalJson line = new CanonicalJson(text).open();
                    writer.write(user, line);
                    line.close();
                    put(out, text.append('\n'));
                    count[0]++;
                }
            });
            text.setLength(0);
            new CanonicalJson(text).open().member("end", count[0]).close();
            put(out, text.append('\n'));
            out.flush();
        };
    }

    private static void put(OutputStream out, StringBuilder text) {
        try {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }
}
