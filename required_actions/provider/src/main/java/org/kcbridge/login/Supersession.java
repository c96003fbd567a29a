package org.kcbridge.login;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.keycloak.common.util.Time;
import org.keycloak.models.DefaultActionTokenKey;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.SingleUseObjectProvider;
import org.keycloak.models.UserModel;
import org.keycloak.models.utils.SessionExpiration;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * Whether somebody else was faster. Two browsers may be in the middle of the same person's steps (a provisional
 * password known to two people, one link opened twice); only the one that finishes may get in. A login is superseded
 * as soon as another hand has done one of its steps, changed the password, or claimed its link, and when all that the
 * person had open was ended after it had begun.
 */
public final class Supersession {

    private final SingleUseObjectProvider store;
    private final KeycloakSession session;
    private final RealmModel realm;

    public Supersession(KeycloakSession session, RealmModel realm) {
        this.session = session;
        this.realm = realm;
        this.store = session.singleUseObjects();
    }

    public boolean isSuperseded(Login login, UserModel user) {
        return anotherHandDidAStep(login, user)
                || login.begun() < session.users().getNotBeforeOfUser(realm, user)
                || !PasswordMark.of(user).equals(login.passwordMark())
                || login.keycloakLink().map(session.revokedTokens()::contains).orElse(false)
                || login.link().map(link -> isClaimedByAnother(link, login)).orElse(false);
    }

    /**
     * Makes this login the only one of its link that may write. Call while holding the user's {@link UserLock}.
     */
    public void claim(Login login) {
        login.link().ifPresent(link -> store.put(key(link), claimLifetime(link), Map.of("owner", owner(login))));
    }

    /**
     * Ends the link of a login that has nothing left to do: it opens no other one, not even after a restart of the
     * server, which forgets claims but not revoked tokens.
     */
    public void spend(Login login) {
        login.link().filter(link -> login.keycloakLink().isEmpty()).ifPresent(link -> {
            long left = untilExpiry(link);
            if (left > 0) {
                session.revokedTokens().put(link, left);
            }
        });
    }

    /** Compares with the raw list on the user: an administrator disabling a step in the realm is no rival. */
    private static boolean anotherHandDidAStep(Login login, UserModel user) {
        Set<String> expected = login.offered();
        expected.removeAll(login.done());
        return !user.getRequiredActionsStream().collect(Collectors.toSet()).containsAll(expected);
    }

    private boolean isClaimedByAnother(String link, Login login) {
        Map<String, String> claim = store.get(key(link));
        return claim != null && !owner(login).equals(claim.get("owner"));
    }

    /** A login begun by the link at its very last second must still find the claim. */
    private long claimLifetime(String link) {
        return untilExpiry(link) + Setup.LONGEST_LOGIN + SessionExpiration.getAuthSessionLifespan(realm);
    }

    private static long untilExpiry(String link) {
        DefaultActionTokenKey token = DefaultActionTokenKey.from(link);
        return token == null ? 0 : Math.max(0, token.getExp() - Time.currentTime());
    }

    private static String owner(Login login) {
        AuthenticationSessionModel authSession = login.session();
        return authSession.getParentSession().getId() + "." + authSession.getTabId();
    }

    private String key(String link) {
        return "kcb.claim." + realm.getId() + "." + Secrets.digest(link);
    }
}
