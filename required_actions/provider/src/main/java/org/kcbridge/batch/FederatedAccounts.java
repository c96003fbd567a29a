package org.kcbridge.batch;

import java.util.List;
import org.kcbridge.login.Ownership;
import org.keycloak.connections.jpa.JpaConnectionProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.userprofile.UserProfileProvider;

/**
 * Users of a realm with a user federation. Who is found, created and written there is the federation's to say, so
 * everything goes through Keycloak's own user model, one user at a time.
 */
final class FederatedAccounts implements Accounts {

    private final KeycloakSession session;
    private final RealmModel realm;

    FederatedAccounts(KeycloakSession session) {
        this.session = session;
        this.realm = session.getContext().getRealm();
    }

    @Override
    public void open(List<Write> writes) {
        // Keycloak's user model reads and writes one by one.
    }

    @Override
    public UserModel find(Write write) {
        UserModel user = write.id() == null ? null : session.users().getUserById(realm, write.id());
        if (user != null) {
            return user;
        }
        List<String> ids = Keys.ids(session.getProvider(JpaConnectionProvider.class).getEntityManager(),
                        List.of(write.key())).getOrDefault(write.key(), List.of()).stream()
                .filter(id -> session.users().getUserById(realm, id) != null).toList();
        return ids.isEmpty() ? null : session.users().getUserById(realm, Keys.only(ids));
    }

    @Override
    public boolean isServed(UserModel user) {
        return Ownership.isServed(user);
    }

    @Override
    public UserProfileProvider profiles() {
        return session.getProvider(UserProfileProvider.class);
    }

    @Override
    public void changing(UserModel user) {
        // Keycloak's user model looks after its caches itself.
    }

    @Override
    public void changed(UserModel user) {
        // As above.
    }

    @Override
    public UserModel asKeycloakKnows(UserModel user) {
        return user;
    }

    @Override
    public KeycloakSession session() {
        return session;
    }
}
