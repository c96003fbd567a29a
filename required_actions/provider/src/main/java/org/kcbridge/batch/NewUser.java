package org.kcbridge.batch;

import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.jpa.UserAdapter;
import org.keycloak.storage.UserStoragePrivateUtil;

/** Creates users in Keycloak's own database, with what the realm gives everybody: role, groups, required actions. */
record NewUser(KeycloakSession session, RealmModel realm) {

    UserModel create(String username, LocalAccounts accounts) {
        UserModel added = UserStoragePrivateUtil.userLocalStorage(session).addUser(realm, null, username, false, true);
        LocalUser user = new LocalUser(session, realm,
                session.getProvider(JpaConnectionProvider.class).getEntityManager(), ((UserAdapter) added).getEntity());
        user.grantFirst(session, realm.getDefaultRole());
        realm.getDefaultGroupsStream().forEach(user::joinGroup);
        accounts.remember(user);
        return user;
    }
}
