package org.kcbridge.login;

import org.keycloak.models.UserModel;
import org.keycloak.models.credential.PasswordCredentialModel;

/** Names the password a user has now, without telling anything about it. Rehashing at login does not change it. */
public final class PasswordMark {

    private PasswordMark() {
    }

    /** @return "none" for a user without a password of Keycloak's own */
    public static String of(UserModel user) {
        return user.credentialManager().getStoredCredentialsByTypeStream(PasswordCredentialModel.TYPE)
                .findFirst().map(c -> c.getId() + "@" + c.getCreatedDate()).orElse("none");
    }
}
