package org.kcbridge.login;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.kcbridge.action.Steps;
import org.keycloak.models.Constants;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RequiredActionProviderModel;
import org.keycloak.models.UserModel;

/**
 * Which steps are still to do. Steps the realm has not enabled do not exist; neither does choosing a password that
 * Keycloak could not write.
 */
public final class Pending {

    private Pending() {
    }

    /** @return enabled steps waiting on the user, in the realm's order */
    public static List<String> ofUser(RealmModel realm, UserModel user) {
        Set<String> wanted = user.getRequiredActionsStream().collect(Collectors.toSet());
        return existing(realm, user).stream().filter(wanted::contains).toList();
    }

    /**
     * What this login still has to do: steps waiting on the user, and those asked for by this very login (gate,
     * mailed link, {@code kc_action}) unless the bearer of its ticket has done them.
     */
    public static List<String> ofLogin(RealmModel realm, UserModel user, Login login) {
        Set<String> wanted = new LinkedHashSet<>(login.session().getRequiredActions());
        String initiated = login.session().getClientNote(Constants.KC_ACTION);
        if (initiated != null) {
            wanted.add(initiated);
        }
        wanted.removeAll(login.done());
        wanted.addAll(ofUser(realm, user));
        List<String> inOrder = new ArrayList<>(existing(realm, user).stream().filter(wanted::contains).toList());
        // Keycloak shows an application-initiated action last, unless it was pending anyway.
        if (initiated != null && inOrder.contains(initiated) && !ofUser(realm, user).contains(initiated)) {
            inOrder.remove(initiated);
            inOrder.add(initiated);
        }
        return inOrder;
    }

    /** @return ids of all steps this user could be asked for, in the realm's order */
    public static List<String> existing(RealmModel realm, UserModel user) {
        boolean passwordWritable = PasswordStore.isWritable(realm, user);
        return realm.getRequiredActionProvidersStream()
                .filter(RequiredActionProviderModel::isEnabled)
                .map(RequiredActionProviderModel::getAlias)
                .filter(Steps::isStep)
                .filter(step -> passwordWritable || !step.equals(Steps.NEW_PASSWORD))
                .toList();
    }
}
