package org.kcbridge.batch;

import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.kcbridge.login.Powers;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.cache.UserCache;
import org.keycloak.models.jpa.entities.UserEntity;
import org.keycloak.storage.UserStorageUtil;
import org.keycloak.userprofile.UserProfileProvider;

/**
 * Users of a realm without a user federation, all of a chunk at once: their rows locked by one query, their attributes,
 * roles and groups read by one each, and one for every username and one for every mail somebody else might have. After
 * that, nothing about a row asks the database.
 *
 * <p>The lock on the user's row is what keeps two writers of ours apart (a step being completed takes the same one, see
 * {@link org.kcbridge.login.UserLock}); rows are locked in the order of their ids, so that two batches never wait for
 * each other.
 */
final class LocalAccounts implements Accounts {

    private final KeycloakSession session;
    private final RealmModel realm;
    private final EntityManager em;
    private final UserCache cache;
    private final Powers powers;
    private final UserProfileProvider profiles;

    private final Map<String, LocalUser> byId = new HashMap<>();
    private final Map<String, UserModel> byUsername = new HashMap<>();
    private final Map<String, UserModel> byEmail = new HashMap<>();
    private final Set<String> usernamesKnown = new HashSet<>();
    private final Set<String> emailsKnown = new HashSet<>();
    private Map<String, List<String>> idsByKey = Map.of();

    LocalAccounts(KeycloakSession session) {
        this.session = session;
        this.realm = session.getContext().getRealm();
        this.em = session.getProvider(JpaConnectionProvider.class).getEntityManager();
        this.cache = UserStorageUtil.userCache(session);
        this.powers = new Powers(session, em);
        this.profiles = ChunkProfiles.of(session, this);
    }

    @Override
    public void open(List<Write> writes) {
        Plans.madeAnew(em, () -> read(writes));
    }

    private void read(List<Write> writes) {
        idsByKey = Keys.ids(em, writes.stream().map(Write::key).toList());
        Set<String> ids = new HashSet<>();
        writes.stream().map(Write::id).filter(id -> id != null).forEach(ids::add);
        idsByKey.values().forEach(ids::addAll);
        if (!ids.isEmpty()) {
            lock(ids);
        }
        idsByKey.values().forEach(bearers -> bearers.retainAll(byId.keySet()));
        learnNames(writes.stream().filter(write -> write.content() != null && !keepsItsNames(write))
                .map(Write::content).toList());
    }

    /** Whose names are what they were needs no look at others': unless the username might be another's mail. */
    private boolean keepsItsNames(Write write) {
        List<String> ids = idsByKey.getOrDefault(write.key(), List.of());
        LocalUser user = byId.get(write.id() != null ? write.id() : ids.size() == 1 ? ids.get(0) : null);
        String username = write.content().username();
        String email = write.content().email();
        boolean keeps = user != null && username.equals(user.getUsername()) && Objects.equals(email, user.getEmail())
                && (!username.contains("@") || username.equals(email));
        if (keeps) {
            usernamesKnown.add(username);
            emailsKnown.add(email);
        }
        return keeps;
    }

    private void lock(Set<String> ids) {
        em.createQuery("select u from UserEntity u where u.id in :ids and u.realmId = :realm order by u.id",
                        UserEntity.class)
                .setParameter("ids", ids).setParameter("realm", realm.getId())
                .setLockMode(LockModeType.PESSIMISTIC_WRITE).getResultList();
        em.createQuery("select u from UserEntity u left join fetch u.attributes"
                        + " where u.id in :ids and u.realmId = :realm", UserEntity.class)
                .setParameter("ids", ids).setParameter("realm", realm.getId())
                .getResultList().forEach(entity -> remember(new LocalUser(session, realm, em, entity)));
        powers.read(ids);
    }

    /** A username may be somebody's mail, and the reverse: Keycloak lets people log in with either. */
    private void learnNames(Collection<Content> contents) {
        Set<String> names = new HashSet<>();
        contents.forEach(content -> {
            names.add(content.username());
            if (content.email() != null) {
                names.add(content.email());
            }
        });
        Set<String> mails = names.stream().filter(name -> name.contains("@")).collect(Collectors.toSet());
        owners("username", names).forEach(user -> byUsername.putIfAbsent(user.getUsername(), user));
        owners("email", mails).forEach(user -> byEmail.putIfAbsent(user.getEmail(), user));
        usernamesKnown.addAll(names);
        emailsKnown.addAll(mails);
    }

    private List<LocalUser> owners(String column, Set<String> names) {
        if (names.isEmpty()) {
            return List.of();
        }
        return em.createQuery("select u from UserEntity u where u.realmId = :realm and u." + column + " in :names",
                        UserEntity.class)
                .setParameter("realm", realm.getId()).setParameter("names", names).getResultStream()
                .map(entity -> byId.containsKey(entity.getId()) ? byId.get(entity.getId())
                        : new LocalUser(session, realm, em, entity))
                .toList();
    }

    /** Makes the chunk's later rows see the names this user has from now on. */
    void remember(LocalUser user) {
        byId.put(user.getId(), user);
        byUsername.put(user.getUsername(), user);
        if (user.getEmail() != null) {
            byEmail.put(user.getEmail(), user);
        }
    }

    @Override
    public UserModel find(Write write) {
        UserModel user = write.id() == null ? null : byId.get(write.id());
        List<String> ids = idsByKey.getOrDefault(write.key(), List.of());
        return user != null ? user : ids.isEmpty() ? null : byId.get(Keys.only(ids));
    }

    /** The answer to {@code getUserByUsername} while the chunk is written. */
    UserModel byUsername(String username) {
        if (!usernamesKnown.contains(username)) {
            return session.users().getUserByUsername(realm, username);
        }
        UserModel user = byUsername.get(username);
        return user != null && username.equals(user.getUsername()) ? user : null;
    }

    /** The answer to {@code getUserByEmail} while the chunk is written. */
    UserModel byEmail(String email) {
        if (!emailsKnown.contains(email)) {
            return session.users().getUserByEmail(realm, email);
        }
        UserModel user = byEmail.get(email);
        return user != null && email.equals(user.getEmail()) ? user : null;
    }

    @Override
    public boolean isServed(UserModel user) {
        return user.getServiceAccountClientLink() == null && !powers.areHeldBy(user.getId());
    }

    @Override
    public UserProfileProvider profiles() {
        return profiles;
    }

    /** Nothing is cached by names a user does not have yet, so the present ones are all. */
    @Override
    public void changing(UserModel user) {
        if (cache != null) {
            cache.evict(realm, user);
        }
    }

    @Override
    public void changed(UserModel user) {
        remember((LocalUser) user);
    }

    @Override
    public UserModel asKeycloakKnows(UserModel user) {
        em.flush();
        return session.users().getUserById(realm, user.getId());
    }

    @Override
    public KeycloakSession session() {
        return session;
    }
}
