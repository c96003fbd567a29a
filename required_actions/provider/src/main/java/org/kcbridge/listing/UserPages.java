package org.kcbridge.listing;

import jakarta.persistence.EntityManager;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.KeycloakSession;
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
    private static final int PAGE = 25_000;
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

    void each(Consumer<Listed> reader) {
        String last = BEFORE_ALL;
        while (last != null) {
            String from = last;
            List<Listed> page = KeycloakModelUtils.runJobInTransactionWithResult(factory,
                    session -> read(session, from));
            page.forEach(reader);
            last = page.size() < PAGE ? null : page.get(page.size() - 1).id();
        }
    }

    private List<Listed> read(KeycloakSession session, String from) {
        EntityManager em = session.getProvider(JpaConnectionProvider.class).getEntityManager();
        List<Object[]> users = em.createQuery("select u.id, u.username, u.email, u.firstName, u.lastName, u.enabled,"
                        + " u.federationLink from UserEntity u where u.realmId = :realm and u.id > :from"
                        + " and u.serviceAccountClientLink is null order by u.id", Object[].class)
                .setParameter("realm", realm).setParameter("from", from).setMaxResults(PAGE).getResultList();
        if (users.isEmpty()) {
            return List.of();
        }
        String to = (String) users.get(users.size() - 1)[0];
        Map<String, Map<String, List<String>>> attributes = attributes(em, from, to);
        Set<String> withPassword = passwords ? withPassword(em, from, to) : Set.of();
        return users.stream().map(user -> new Listed((String) user[0], (String) user[1], (String) user[2],
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
