package org.kcbridge.batch;

import jakarta.persistence.EntityManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RoleModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.jpa.UserAdapter;
import org.keycloak.models.jpa.entities.UserAttributeEntity;
import org.keycloak.models.jpa.entities.UserEntity;
import org.keycloak.models.utils.KeycloakModelUtils;
import org.keycloak.models.utils.UserModelDelegate;

/**
 * A user in Keycloak's own database whose attributes are written in place. Keycloak's adapter deletes an attribute by a
 * statement of its own before it inserts it again: one trip to the database for each, where a chunk has one for all.
 */
final class LocalUser extends UserModelDelegate {

    private static final Set<String> COLUMNS =
            Set.of(UserModel.USERNAME, UserModel.EMAIL, UserModel.FIRST_NAME, UserModel.LAST_NAME);

    private final EntityManager em;
    private final UserAdapter adapter;

    LocalUser(KeycloakSession session, RealmModel realm, EntityManager em, UserEntity entity) {
        this(em, new UserAdapter(session, realm, em, entity));
    }

    private LocalUser(EntityManager em, UserAdapter adapter) {
        super(adapter);
        this.em = em;
        this.adapter = adapter;
    }

    UserEntity entity() {
        return adapter.getEntity();
    }

    /** For a user just created: without asking the database first whether the role is there already. */
    void grantFirst(KeycloakSession session, RoleModel role) {
        adapter.grantRoleImpl(role);
        RoleModel.RoleGrantedEvent.fire(role, this, session);
    }

    @Override
    public void setSingleAttribute(String name, String value) {
        setAttribute(name, value == null ? List.of() : List.of(value));
    }

    @Override
    public void removeAttribute(String name) {
        setAttribute(name, List.of());
    }

    @Override
    public void setAttribute(String name, List<String> values) {
        if (COLUMNS.contains(name)) {
            super.setAttribute(name, values);
            return;
        }
        List<UserAttributeEntity> free = new ArrayList<>();
        List<String> missing = new ArrayList<>(values);
        for (UserAttributeEntity row : entity().getAttributes()) {
            if (row.getName().equals(name) && !missing.remove(row.getValue())) {
                free.add(row);
            }
        }
        for (String value : missing) {
            if (free.isEmpty()) {
                insert(name, value);
            } else {
                free.remove(free.size() - 1).setValue(value);
            }
        }
        entity().getAttributes().removeAll(free);
        free.forEach(em::remove);
    }

    private void insert(String name, String value) {
        UserAttributeEntity row = new UserAttributeEntity();
        row.setId(KeycloakModelUtils.generateId());
        row.setName(name);
        row.setValue(value);
        row.setUser(entity());
        em.persist(row);
        entity().getAttributes().add(row);
    }
}
