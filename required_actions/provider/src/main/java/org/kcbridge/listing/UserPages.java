package org.kcbridge.listing;

import jakarta.persistence.EntityManager;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
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

    /** Ids are random, so that each page touches nearly every block of the attributes' table: few, large pages. */
    private static final int PAGE = 10_000;

    /** Pages read at a time, beside the one that is being told. */
    private static final int AHEAD = 2;
    private static final String BEFORE_ALL = "";

    private final KeycloakSessionFactory factory;
    private final String realm;
    private final Collection<String> names;
    private final boolean passwords;

    /**
     * @param names attributes to read; at least one
     * @param passwords whether to find out who has a password
     */
    UserPages(KeycloakSessionFactory factory, String realm, Collection<String> names, boolean passwords) {
        this.factory = factory;
        this.realm = realm;
        this.names = names;
        this.passwords = passwords;
    }

    /** The pages in their order, those to come read by other threads meanwhile. */
    void each(Consumer<Listed> reader) {
        ExecutorService pool = Executors.newFixedThreadPool(AHEAD);
        try {
            Deque<Future<List<Listed>>> ahead = new ArrayDeque<>();
            String last = BEFORE_ALL;
            while (last != null || !ahead.isEmpty()) {
                while (last != null && ahead.size() < AHEAD) {
                    String from = last;
                    List<Object[]> users = inTransaction(em -> users(em, from));
                    ahead.add(pool.submit(() -> inTransaction(em -> read(em, users, from))));
                    last = users.size() < PAGE ? null : idOf(users.get(users.size() - 1));
                }
                result(ahead.remove()).forEach(reader);
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
        Map<String, Map<String, List<String>>> attributes = attributes(em, from, to);
        Set<String> withPassword = passwords ? withPassword(em, from, to) : Set.of();
        return users.stream().map(user -> new Listed(idOf(user), (String) user[1], (String) user[2],
                (String) user[3], (String) user[4], (boolean) user[5], user[6] != null, withPassword.contains(user[0]),
                attributes.getOrDefault(user[0], Map.of()))).toList();
    }

    /** By the range of ids, which other realms' users may be in too: cheaper than to look at each one's realm. */
    private Map<String, Map<String, List<String>>> attributes(EntityManager em, String from, String to) {
        Map<String, Map<String, List<String>>> found = new HashMap<>();
        em.createQuery("select a.user.id, a.name, a.value, a.longValue from UserAttributeEntity a"
                        + " where a.user.id > :from and a.user.id <= :to and a.name in :names", Object[].class)
                .setParameter("from", from).setParameter("to", to).setParameter("names", names).getResultList()
                .forEach(row -> {
                    Object value = row[2] == null ? row[3] : row[2];
                    if (value != null) {
                        found.computeIfAbsent((String) row[0], id -> new HashMap<>())
                                .computeIfAbsent((String) row[1], name -> new ArrayList<>(1)).add((String) value);
                    }
                });
        return found;
    }

    private static Set<String> withPassword(EntityManager em, String from, String to) {
        return new HashSet<>(em.createQuery("select c.user.id from CredentialEntity c"
                        + " where c.user.id > :from and c.user.id <= :to and c.type = :type", String.class)
                .setParameter("from", from).setParameter("to", to)
                .setParameter("type", PasswordCredentialModel.TYPE).getResultList());
    }
}
