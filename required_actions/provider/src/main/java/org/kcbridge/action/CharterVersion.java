package org.kcbridge.action;

import java.util.List;
import org.kcbridge.login.Login;
import org.kcbridge.login.Ownership;
import org.kcbridge.login.Setup;
import org.keycloak.authentication.RequiredActionContext;
import org.keycloak.models.UserModel;

/**
 * Asks for the charter again when its text has changed: the gear names the version in force, the bridge writes each
 * acceptance as {@code "<version> …"}. Who has accepted none at all is another matter, decided when the user is made.
 */
final class CharterVersion {

    private static final String ACCEPTED = "kcbCharter";

    private CharterVersion() {
    }

    static void evaluate(RequiredActionContext context) {
        String required = Setup.of(context.getSession(), context.getRealm(), Steps.CHARTER).requiredVersion();
        UserModel user = context.getUser();
        if (required == null || !Ownership.isOwned(user)) {
            return;
        }
        List<String> accepted = user.getAttributeStream(ACCEPTED).toList();
        boolean outdated = !accepted.isEmpty() && accepted.stream().noneMatch(one -> one.startsWith(required + " "));
        // Done in this very login, it is not asked for twice, whatever was written.
        if (outdated && !new Login(context.getAuthenticationSession()).done().contains(Steps.CHARTER)) {
            user.addRequiredAction(Steps.CHARTER);
        }
    }
}
