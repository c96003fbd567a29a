package org.kcbridge.batch;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.kcbridge.login.PasswordStore;
import org.kcbridge.login.Secrets;
import org.keycloak.credential.CredentialModel;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserCredentialModel;
import org.keycloak.models.UserModel;

/**
 * Makes a user as it was at its creation: no password and no second factor of before opens it, and the steps of a first
 * activation wait. Doing it again changes nothing.
 */
final class Forgetting {

    private final RealmModel realm;

    Forgetting(RealmModel realm) {
        this.realm = realm;
    }

    /** @return whether anything was there to be forgotten */
    boolean forget(UserModel user, List<String> actions) {
        List<CredentialModel> credentials = user.credentialManager().getStoredCredentialsStream().toList();
        credentials.forEach(one -> user.credentialManager().removeStoredCredentialById(one.getId()));
        Set<String> waiting = user.getRequiredActionsStream().collect(Collectors.toSet());
        waiting.stream().filter(action -> !actions.contains(action)).forEach(user::removeRequiredAction);
        actions.stream().filter(action -> !waiting.contains(action)).forEach(user::addRequiredAction);
        if (!PasswordStore.isKeycloaks(user) && PasswordStore.isWritable(realm, user)) {
            // In a directory it cannot be taken away.
            user.credentialManager().updateCredential(UserCredentialModel.password(Secrets.passwordOfNobody(), false));
        }
        return !credentials.isEmpty() || !waiting.equals(Set.copyOf(actions));
    }
}
