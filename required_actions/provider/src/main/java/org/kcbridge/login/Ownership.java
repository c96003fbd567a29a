package org.kcbridge.login;

import java.util.Arrays;
import java.util.Set;
import org.keycloak.models.AdminRoles;
import org.keycloak.models.ClientModel;
import org.keycloak.models.Constants;
import org.keycloak.models.RoleModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.utils.RoleUtils;

/**
 * Whom the bridge may act on, and never anybody with power over the realm. By their id: only users its sync has made,
 * because whoever can mint a login link for a user can be that user. By the ticket of a login: whoever Keycloak itself
 * has authenticated and sent to us, brokered or made by hand (docs/adr/0009).
 */
public final class Ownership {

    /** Set by the sync on every user it makes. */
    public static final String KEY_ATTRIBUTE = "kcbKey";

    private static final Set<String> ADMIN_REALM_ROLES = Set.of(AdminRoles.ADMIN, AdminRoles.CREATE_REALM);

    private Ownership() {
    }

    public static boolean isOwned(UserModel user) {
        String key = user.getFirstAttribute(KEY_ATTRIBUTE);
        return key != null && !key.isBlank() && isServed(user);
    }

    /** True for every user but service accounts and administrators: enough for a login of theirs, and for nothing else. */
    public static boolean isServed(UserModel user) {
        return user.getServiceAccountClientLink() == null
                && RoleUtils.getDeepUserRoleMappings(user).stream().noneMatch(Ownership::administers);
    }

    /** Whether one of these roles, or of those they are made of, gives power over the realm. */
    public static boolean administer(Set<RoleModel> roles) {
        return RoleUtils.expandCompositeRoles(roles).stream().anyMatch(Ownership::administers);
    }

    private static boolean administers(RoleModel role) {
        if (!role.isClientRole()) {
            return ADMIN_REALM_ROLES.contains(role.getName());
        }
        String client = ((ClientModel) role.getContainer()).getClientId();
        // In the master realm each realm's management client is named "<realm>-realm".
        return client.equals(Constants.REALM_MANAGEMENT_CLIENT_ID)
                || client.endsWith("-realm") && Arrays.asList(AdminRoles.ALL_REALM_ROLES).contains(role.getName());
    }
}
