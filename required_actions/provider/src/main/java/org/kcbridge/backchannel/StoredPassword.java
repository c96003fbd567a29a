package org.kcbridge.backchannel;

import java.util.List;
import java.util.Map;
import org.kcbridge.login.PasswordStore;
import org.kcbridge.login.Secrets;
import org.keycloak.credential.CredentialModel;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.ModelException;
import org.keycloak.models.PasswordPolicy;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserCredentialModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.credential.PasswordCredentialModel;
import org.keycloak.storage.ReadOnlyException;

/** The password of a user, given or taken away through the credential manager, hence also in a writable LDAP. */
final class StoredPassword {

    private final KeycloakSession session;
    private final RealmModel realm;
    private final UserModel user;

    StoredPassword(KeycloakSession session, RealmModel realm, UserModel user) {
        this.session = session;
        this.realm = realm;
        this.user = user;
    }

    /** Throws a {@link Refusal} with all that the realm, or a federation with rules of its own, has against it. */
    void set(String password) {
        if (password.isBlank()) {
            throw Refusal.unprocessable("password_required");
        }
        refuseIfAny(PasswordCheck.violations(session, realm, user, password));
        write(password);
    }

    /**
     * No password opens the account any more. The realm's history still knows the one that did. In a directory a
     * password cannot be taken away: there it is replaced by one nobody knows.
     */
    void remove() {
        if (!PasswordStore.isKeycloaks(user)) {
            set(Secrets.passwordOfNobody());
            return;
        }
        List<CredentialModel> passwords =
                user.credentialManager().getStoredCredentialsByTypeStream(PasswordCredentialModel.TYPE).toList();
        for (CredentialModel password : passwords) {
            user.credentialManager().removeStoredCredentialById(password.getId());
            if (historyIsKept()) {
                password.setId(null);
                password.setType(PasswordCredentialModel.PASSWORD_HISTORY);
                password.setUserLabel(null);
                user.credentialManager().createStoredCredential(password);
            }
        }
    }

    private boolean historyIsKept() {
        PasswordPolicy policy = realm.getPasswordPolicy();
        return policy.getExpiredPasswords() > 1 || policy.getPasswordAgeInDays() > 0;
    }

    private void write(String password) {
        try {
            if (!user.credentialManager().updateCredential(UserCredentialModel.password(password, false))) {
                throw Refusal.unprocessable("password_read_only");
            }
        } catch (ReadOnlyException federated) {
            throw Refusal.unprocessable("password_read_only");
        } catch (ModelException refused) {
            refuseIfAny(List.of(PasswordCheck.violation("federation", refused.getMessage(), refused.getParameters())));
        }
    }

    private static void refuseIfAny(List<Map<String, Object>> violations) {
        if (!violations.isEmpty()) {
            throw Refusal.unprocessable("password_policy").with("violations", violations);
        }
    }
}
