package org.kcbridge.login;

import java.util.Set;
import org.keycloak.credential.CredentialModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.credential.OTPCredentialModel;

/** Whether a user protects the account by more than a password. */
public final class SecondFactor {

    private static final Set<String> NO_FACTOR = Set.of(CredentialModel.PASSWORD, CredentialModel.PASSWORD_HISTORY);

    private SecondFactor() {
    }

    /** Any stored credential that is no password counts, so that a factor added by another extension counts too. */
    public static boolean has(UserModel user) {
        return user.credentialManager().isConfiguredFor(OTPCredentialModel.TYPE)
                || user.credentialManager().getStoredCredentialsStream()
                        .anyMatch(credential -> !NO_FACTOR.contains(credential.getType()));
    }
}
