package org.kcbridge.login;

import org.keycloak.common.constants.KerberosConstants;
import org.keycloak.component.ComponentModel;
import org.keycloak.models.LDAPConstants;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.storage.StorageId;

/** Where a user's password lives, and whether Keycloak can write it there. */
public final class PasswordStore {

    private PasswordStore() {
    }

    /**
     * Told from the settings of the federation the user comes from, by the rule of Keycloak's credential manager: a
     * federation that is gone or switched off takes no password; a read-only one refuses it, unless it is a Kerberos
     * that has to do with tickets only. A federation of another kind shows that it refuses only when it is written to:
     * {@code complete} then answers {@code password_read_only}.
     */
    public static boolean isWritable(RealmModel realm, UserModel user) {
        String federation = federation(user);
        if (federation == null) {
            return true;
        }
        ComponentModel component = realm.getComponent(federation);
        return component != null && component.get("enabled", true)
                && (!"READ_ONLY".equals(component.get(LDAPConstants.EDIT_MODE))
                        || !component.get(KerberosConstants.ALLOW_PASSWORD_AUTHENTICATION, true));
    }

    /** @return false for somebody from a federation, whatever may be written there */
    public static boolean isKeycloaks(UserModel user) {
        return federation(user) == null;
    }

    private static String federation(UserModel user) {
        return StorageId.isLocalStorage(user.getId()) ? user.getFederationLink() : StorageId.providerId(user.getId());
    }
}
