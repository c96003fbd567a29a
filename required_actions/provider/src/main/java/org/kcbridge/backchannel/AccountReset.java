package org.kcbridge.backchannel;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.kcbridge.action.Steps;
import org.kcbridge.login.PasswordStore;
import org.kcbridge.login.Pending;
import org.keycloak.common.util.Time;
import org.keycloak.events.admin.OperationType;
import org.keycloak.events.admin.ResourceType;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.UserSessionModel;
import org.keycloak.services.managers.AuthenticationManager;

/**
 * Asks a user for steps again and ends all that the account had open: its password, unless it stays, every session
 * online and offline, every token, every login under way, and a lock after too many tries. Nothing else is lost:
 * attributes, groups and second factors stay. Doing it again changes nothing but what has begun since.
 */
final class AccountReset {

    /**
     * @param actions steps to ask for; those waiting already stay
     * @param password provisional, in the place of what there was; null when none was sent
     * @param removePassword whether no password shall open the account
     * @param whilePending steps that must still wait on the user, or nothing is done
     */
    record Request(Set<String> actions, String password, boolean removePassword, List<String> whilePending) {

        static Request read(Body body) {
            Request request = new Request(new LinkedHashSet<>(body.texts("actions")), body.optionalText("password"),
                    body.optionalFlag("removePassword"), body.optionalTexts("whilePending"));
            if (request.password() != null && request.removePassword()) {
                throw Refusal.badRequest("removePassword");
            }
            return request;
        }
    }

    private final Call call;
    private final KeycloakSession session;
    private final RealmModel realm;
    private final UserModel user;

    AccountReset(Call call, UserModel user) {
        this.call = call;
        this.session = call.session();
        this.realm = call.realm();
        this.user = user;
    }

    /** Call while holding the user's {@link org.kcbridge.login.UserLock}. */
    void apply(Request request) {
        refuseWhatCannotBe(request);
        StoredPassword stored = new StoredPassword(session, realm, user);
        if (request.password() != null) {
            stored.set(request.password());
        } else if (request.removePassword()) {
            stored.remove();
        }
        request.actions().forEach(user::addRequiredAction);
        if (request.actions().contains(Steps.NEW_PASSWORD)) {
            user.removeRequiredAction(UserModel.RequiredAction.UPDATE_PASSWORD);
        }
        session.loginFailures().removeUserLoginFailure(realm, user.getId());
        record(request);
        endSessions();
    }

    private void refuseWhatCannotBe(Request request) {
        Set<String> waiting = user.getRequiredActionsStream().collect(Collectors.toSet());
        List<String> gone = request.whilePending().stream().filter(step -> !waiting.contains(step)).toList();
        if (!gone.isEmpty()) {
            throw Refusal.unprocessable("not_pending").with("actions", gone);
        }
        boolean touchesPassword = request.password() != null || request.removePassword();
        if (touchesPassword && !PasswordStore.isWritable(realm, user)) {
            throw Refusal.unprocessable("password_read_only");
        }
        List<String> existing = Pending.existing(realm, user);
        List<String> unknown = request.actions().stream().filter(step -> !existing.contains(step)).toList();
        if (!unknown.isEmpty()) {
            throw Refusal.unprocessable("unknown_action").with("actions", unknown);
        }
    }

    /** What was done, never a secret; why and for whom is in the bridge's own trail. */
    private void record(Request request) {
        String password = request.password() != null ? "provisional" : request.removePassword() ? "removed" : "kept";
        call.adminEvent().operation(OperationType.ACTION).resource(ResourceType.USER)
                .resourcePath("users", user.getId(), "kcb-reset")
                .representation(Map.of("requiredActions", request.actions(), "password", password))
                .success();
    }

    /** The date refuses every token of before, and with it a login under way (see Supersession). */
    private void endSessions() {
        session.users().setNotBeforeForUser(realm, user, Time.currentTime());
        List<UserSessionModel> all = Stream.concat(session.sessions().getUserSessionsStream(realm, user),
                session.sessions().getOfflineUserSessionsStream(realm, user)).toList();
        all.forEach(one -> AuthenticationManager.backchannelLogout(session, one, true));
    }
}
