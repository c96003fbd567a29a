package org.kcbridge.login;

import org.keycloak.common.util.Time;
import org.keycloak.models.RealmModel;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * The proof binds the end of a login to the browser that did the steps: it is given to the bearer of the ticket, and
 * only that browser's authentication session knows its digest.
 */
public final class Proofs {

    /** Seconds. */
    static final int LIFETIME = 60;

    /** Realm attribute that can only shorten the lifetime; tests use it to see a proof expire without waiting. */
    static final String LIFETIME_ATTRIBUTE = "kcbProofLifetime";

    private static final String DIGEST = "kcb.proof";
    private static final String EXPIRES = "kcb.proof.exp";

    private Proofs() {
    }

    /** Makes a new proof; an earlier one is worth nothing from now on. */
    public static String issue(Login login, RealmModel realm) {
        int lifetime = Math.min(LIFETIME, Math.max(1, realm.getAttribute(LIFETIME_ATTRIBUTE, LIFETIME)));
        String proof = Secrets.create();
        login.session().setAuthNote(DIGEST, Secrets.digest(proof));
        login.session().setAuthNote(EXPIRES, String.valueOf(Time.currentTime() + lifetime));
        return proof;
    }

    /** @return true once for a proof issued to this login, in time */
    public static boolean spend(Login login, String proof) {
        AuthenticationSessionModel notes = login.session();
        String digest = notes.getAuthNote(DIGEST);
        if (proof == null || digest == null || !Secrets.matches(proof, digest)) {
            return false;
        }
        boolean inTime = Time.currentTime() <= Integer.parseInt(notes.getAuthNote(EXPIRES));
        notes.removeAuthNote(DIGEST);
        notes.removeAuthNote(EXPIRES);
        return inTime;
    }
}
