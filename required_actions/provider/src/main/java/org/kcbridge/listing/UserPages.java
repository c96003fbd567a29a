package org.kcbridge.listing;

import jakarta.persistence.EntityManager;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.KeycloakSessionFactory;
import org.keycloak.models.credential.PasswordCredentialModel;
import org.keycloak.models.utils.KeycloakModelUtils;

/**
 * All users of a realm but service accounts, in pages of the order of their ids: two or three queries a page, no user
 * model. A page has a transaction of its own, so that a slow reader holds no connection; who is made or deleted meanwhile
 * may be missed, and nobody else.
 */
final class UserPages {

    /** Ids are random, so that a page touches nearly as many blocks of the attributes' table as it has users: large ones. */
    private static final int PAGE = 10_000;

    /** Pages read at a time, beside the one that is being told. */
    private static final int AHEAD = 2;
    private static final String BEFORE_ALL = "";

    private final KeycloakSessionFactory factory;
    private final String realm;
    private final Names names;
    private final boolean passwords;
    private final BitSet buckets;

    /**
     * @param names attributes to read; at least one
     * @param passwords whether to find out who has a password
     * @param buckets of those to read (see {@link Summary}); null for everybody
     */
    UserPages(KeycloakSessionFactory factory, String realm, Names names, boolean passwords, BitSet buckets) {
        this.factory = factory;
        this.realm = realm;
        this.names = names;
        this.passwords = passwords;
        this.buckets = buckets;
    }

    /**
     * The pages in their order, those to come read by other threads meanwhile.
     *
     * @param work is done with a page by the thread that has read it
     * @param reader gets what {@code work} answers, page after page
     */
    <T> void each(Function<List<Listed>, T> work, Consumer<T> reader) {
        ExecutorService pool = Executors.newFixedThreadPool(AHEAD);
        try {
            Deque<Future<T>> ahead = new ArrayDeque<>();
            String last = BEFORE_ALL;
            while (last != null || !ahead.isEmpty()) {
                while (last != null && ahead.size() < AHEAD) {
                    String from = last;
                    List<Object[]> users = inTransaction(em -> users(em, from));
                    ahead.add(pool.submit(() -> work.apply(inTransaction(em -> read(em, users, from)))));
                    last = users.size() < PAGE ? null : idOf(users.get(users.size() - 1));
                }
                reader.accept(result(ahead.remove()));
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private <T> T inTransaction(Function<EntityManager, T> work) {
        return KeycloakModelUtils.runJobInTransactionWithResult(factory,
                session -> work.apply(session.getProvider(JpaConnectionProvider.class).getEntityManager()));
    }

    private static <T> T result(Future<T> page) {
        try {
            return page.get();
        } catch (ExecutionException failed) {
            throw new IllegalStateException(failed.getCause());
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopping);
        }
    }

    private static String idOf(Object[] user) {
        return (String) user[0];
    }

    private List<Object[]> users(EntityManager em, String from) {
        return em.createQuery("select u.id, u.username, u.email, u.firstName, u.lastName, u.enabled,"
                        + " u.federationLink from UserEntity u where u.realmId = :realm and u.id > :from"
                        + " and u.serviceAccountClientLink is null order by u.id", Object[].class)
                .setParameter("realm", realm).setParameter("from", from).setMaxResults(PAGE).getResultList();
    }

    private List<Listed> read(EntityManager em, List<Object[]> users, String from) {
        if (users.isEmpty()) {
            return List.of();
        }
        String to = idOf(users.get(users.size() - 1));
        Map<String, String[][]> values = new HashMap<>(users.size() * 2);
        for (Object[] user : users) {
            if (buckets == null || buckets.get(Summary.bucket(idOf(user)))) {
                values.put(idOf(user), new String[names.count()][]);
            }
        }
        AttributeRows rows = new AttributeRows(em, names);
        if (buckets == null) {
            rows.between(from, to, values);
        } else {
            rows.of(values);
        }
        Set<String> withPassword = passwords ? withPassword(em, from, to) : Set.of();
        return users.stream().filter(user -> values.containsKey(idOf(user)))
                .map(user -> new Listed(idOf(user), (String) user[1], (String) user[2],
                        (String) user[3], (String) user[4], (boolean) user[5], user[6] != null,
                        withPassword.contains(idOf(user)), values.get(idOf(user))))
                .toList();
    }

    private static Set<String> withPassword(EntityManager em, String from, String to) {
        return new HashSet<>(em.createQuery("select c.user.id from CredentialEntity c"
                        + " where c.user.id > :from and c.user.id <= :to and c.type = :type", String.class)
                .setParameter("from", from).setParameter("to", to)
                .setParameter("type", PasswordCredentialModel.TYPE).getResultList());
    }
}
