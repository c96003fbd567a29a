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
        // Done in this very login, it is not asked for twice, whatever was written.
        boolean done = new Login(context.getAuthenticationSession()).done().contains(Steps.CHARTER);
        if (required != null && !done && isOutdated(user, required) && Ownership.isOwned(user)) {
            user.addRequiredAction(Steps.CHARTER);
        }
    }

    private static boolean isOutdated(UserModel user, String required) {
        List<String> accepted = user.getAttributeStream(ACCEPTED).toList();
        return !accepted.isEmpty() && accepted.stream().noneMatch(one -> one.startsWith(required + " "));
    }
}
