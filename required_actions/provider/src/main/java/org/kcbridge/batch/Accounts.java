package org.kcbridge.batch;

import java.util.List;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.UserModel;
import org.keycloak.userprofile.UserProfileProvider;

/** Where a chunk finds its users, and how it writes them. Bound to the chunk's transaction. */
interface Accounts {

    /** Looks at the users of all these rows, and keeps other writers of ours off them until the transaction ends. */
    void open(List<Write> writes);

    /** @return the user with that id, else the one that bears the key; null when there is neither */
    UserModel find(Write write);

    /** Whether the bridge may act on somebody who bears its mark: no service account, no administrator. */
    boolean isServed(UserModel user);

    /** The realm's user profile. What it creates and validates goes through these accounts. */
    UserProfileProvider profiles();

    /** Call before a change: caches must not keep the user they know by these names. */
    void changing(UserModel user);

    /** Call when names or mail may be others now, or new. */
    void changed(UserModel user);

    /** The user as Keycloak's own code knows it, for what is left to that code. */
    UserModel asKeycloakKnows(UserModel user);

    KeycloakSession session();
}
