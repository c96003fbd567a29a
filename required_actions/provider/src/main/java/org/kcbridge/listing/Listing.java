package org.kcbridge.listing;

import jakarta.ws.rs.core.StreamingOutput;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import org.kcbridge.batch.Content;
import org.kcbridge.login.Ownership;
import org.kcbridge.login.Powers;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.KeycloakSessionFactory;

/** Users as lines of JSON, written while they are read. */
public final class Listing {

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
     * @param buckets those whose users are asked for; null for all
     */
    public StreamingOutput digests(List<String> attributes, BitSet buckets) {
        Names names = names(attributes);
        return lines(pages(names, false, buckets), users -> {
            Lines lines = new Lines();
            Owned owned = new Owned(powers, names, attributes);
            users.stream().filter(owned::has).forEach(user -> lines.add(line -> {
                line.member("id", user.id()).member("key", owned.key(user)).member("username", user.username())
                        .member("enabled", user.enabled()).member("digest", owned.digest(user));
                if (attributes != null) {
                    line.member("current", owned.current(user));
                }
            }));
            return lines;
        });
    }

    /**
     * The same users, summed up.
     *
     * @param attributes as for {@link #digests}
     * @param seed of the sums
     */
    public StreamingOutput summary(List<String> attributes, String seed) {
        Names names = names(attributes);
        return plain -> {
            Lines.Answer answer = new Lines.Answer(plain);
            Summary all = new Summary(seed);
            pages(names, false, null).each(users -> {
                Summary some = new Summary(seed);
                Owned owned = new Owned(powers, names, attributes);
                users.stream().filter(owned::has).forEach(user -> some.add(user.id(), owned.key(user), user.enabled(),
                        owned.digest(user), owned.current(user)));
                return some;
            }, some -> {
                all.add(some);
                answer.send(new Lines().add(line -> line.member("read", some.count())));
            });
            answer.send(all.lines());
            answer.end();
        };
    }

    /**
     * Everybody but service accounts, with what tells who they may be.
     *
     * @param buckets as for {@link #digests}
     */
    public StreamingOutput directory(List<String> attributes, BitSet buckets) {
        Names names = names(attributes);
        Names asked = new Names(attributes);
        return lines(pages(names, true, buckets), users -> {
            Lines lines = new Lines();
            users.forEach(user -> lines.add(line -> line.member("id", user.id()).member("username", user.username())
                    .member("email", user.email()).member("firstName", user.firstName())
                    .member("lastName", user.lastName()).member("enabled", user.enabled())
                    .member("federated", user.federated()).member("hasPassword", user.hasPassword())
                    .member("administrator", powers.areHeldBy(user.id()))
                    .member("key", names.first(user.values(), Ownership.KEY_ATTRIBUTE))
                    .member("attributes", asked, names.pick(asked, user.values()))));
            return lines;
        });
    }

    private UserPages pages(Names names, boolean passwords, BitSet buckets) {
        return new UserPages(factory, realm, names, passwords, buckets);
    }

    private static Names names(List<String> attributes) {
        List<String> names = new ArrayList<>(attributes == null ? List.of() : attributes);
        names.add(Ownership.KEY_ATTRIBUTE);
        names.add(Content.DIGEST_ATTRIBUTE);
        return new Names(names);
    }

    private static StreamingOutput lines(UserPages pages, Function<List<Listed>, Lines> told) {
        return plain -> {
            Lines.Answer answer = new Lines.Answer(plain);
            pages.each(told, answer::send);
            answer.end();
        };
    }
}
