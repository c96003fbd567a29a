package org.kcbridge.login;

import jakarta.persistence.EntityManager;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.keycloak.models.GroupModel;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RoleModel;

/**
 * Who among many users is an administrator, by {@link Ownership}'s rule. What each role and each group opens is worked out
 * once, since nearly everybody has the same.
 */
public final class Powers {

    private final KeycloakSession session;
    private final RealmModel realm;
    private final EntityManager em;
    private final Map<String, Boolean> byRole = new HashMap<>();
    private final Map<String, Boolean> byGroup = new HashMap<>();
    private final Set<String> holders = new HashSet<>();

    public Powers(KeycloakSession session, EntityManager em) {
        this.session = session;
        this.realm = session.getContext().getRealm();
        this.em = em;
    }

    /** Looks at these users, by their ids. */
    public void read(Collection<String> users) {
        each("select m.user.id, m.roleId from UserRoleMappingEntity m where m.user.id in :users", users)
                .filter(row -> byRole.computeIfAbsent((String) row[1], this::opensByRole))
                .forEach(row -> holders.add((String) row[0]));
        each("select m.user.id, m.groupId from UserGroupMembershipEntity m where m.user.id in :users", users)
                .filter(row -> byGroup.computeIfAbsent((String) row[1], this::opensByGroup))
                .forEach(row -> holders.add((String) row[0]));
    }

    /** Looks at all users of the realm, without reading each one's roles. */
    public void readAll() {
        learn("select distinct m.roleId from UserRoleMappingEntity m where m.roleId in"
                        + " (select r.id from RoleEntity r where r.realmId = :realm)",
                "select m.user.id from UserRoleMappingEntity m where m.user.realmId = :realm and m.roleId in :opening",
                this::opensByRole);
        learn("select distinct m.groupId from UserGroupMembershipEntity m where m.groupId in"
                        + " (select g.id from GroupEntity g where g.realm = :realm)",
                "select m.user.id from UserGroupMembershipEntity m where m.user.realmId = :realm and m.groupId in :opening",
                this::opensByGroup);
    }

    private void learn(String kinds, String of, Predicate<String> opens) {
        List<String> opening = em.createQuery(kinds, String.class).setParameter("realm", realm.getId())
                .getResultStream().filter(opens).toList();
        if (!opening.isEmpty()) {
            holders.addAll(em.createQuery(of, String.class).setParameter("realm", realm.getId())
                    .setParameter("opening", opening).getResultList());
        }
    }

    public boolean areHeldBy(String user) {
        return holders.contains(user);
    }

    private Stream<Object[]> each(String query, Collection<String> users) {
        return em.createQuery(query, Object[].class).setParameter("users", users).getResultList().stream();
    }

    private boolean opensByRole(String id) {
        RoleModel role = session.roles().getRoleById(realm, id);
        return role != null && Ownership.administer(Set.of(role));
    }

    private boolean opensByGroup(String id) {
        Set<RoleModel> roles = new HashSet<>();
        for (GroupModel group = session.groups().getGroupById(realm, id); group != null; group = group.getParent()) {
            roles.addAll(group.getRoleMappingsStream().collect(Collectors.toSet()));
        }
        return Ownership.administer(roles);
    }
}
