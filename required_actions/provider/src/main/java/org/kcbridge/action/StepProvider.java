package org.kcbridge.action;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.kcbridge.login.Login;
import org.kcbridge.login.Ownership;
import org.kcbridge.login.Pending;
import org.kcbridge.login.Proofs;
import org.kcbridge.login.SecondFactor;
import org.kcbridge.login.Setup;
import org.kcbridge.login.Supersession;
import org.kcbridge.login.Tickets;
import org.keycloak.authentication.AuthenticationProcessor;
import org.keycloak.authentication.InitiatedActionSupport;
import org.keycloak.authentication.RequiredActionContext;
import org.keycloak.authentication.RequiredActionContext.KcActionStatus;
import org.keycloak.authentication.RequiredActionProvider;
import org.keycloak.models.Constants;
import org.keycloak.models.UserModel;
import org.keycloak.services.ErrorPage;
import org.keycloak.services.managers.AuthenticationManager;
import org.keycloak.services.messages.Messages;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * Sends the browser to the bridge, and lets it pass when it comes back with a proof.
 *
 * <p>The gate: each challenged step is added to the authentication session itself. The user's list empties as soon as
 * anybody completes the steps; this login's list empties only here, in front of a valid proof.
 */
final class StepProvider implements RequiredActionProvider {

    private final String id;

    StepProvider(String id) {
        this.id = id;
    }

    @Override
    public InitiatedActionSupport initiatedActionSupport() {
        return InitiatedActionSupport.SUPPORTED;
    }

    @Override
    public void evaluateTriggers(RequiredActionContext context) {
        switch (id) {
            case Steps.NEW_PASSWORD -> PasswordTakeover.evaluate(context);
            case Steps.CHARTER -> CharterVersion.evaluate(context);
            default -> { }
        }
    }

    @Override
    public void requiredActionChallenge(RequiredActionContext context) {
        if (!context.getUser().isEnabled()) {
            refuse(context, Messages.ACCOUNT_DISABLED);
            return;
        }
        if (isPassedOver(context)) {
            // An application that asked for it is told: kc_action_status=error.
            nameToApplication(context.getAuthenticationSession(), id);
            context.ignore();
            return;
        }
        Login login = new Login(context.getAuthenticationSession());
        String proof = context.getUriInfo().getQueryParameters().getFirst(Handoff.PROOF_PARAM);
        if (Proofs.spend(login, proof) && mayFinish(context, login)) {
            openGate(context, login);
        } else {
            handOver(context, login);
        }
    }

    /** Reached by the cancel address only; Keycloak has checked its session_code. */
    @Override
    public void processAction(RequiredActionContext context) {
        boolean asked = context.getUriInfo().getQueryParameters().containsKey(Handoff.CANCEL_PARAM);
        if (asked && Handoff.canBeCancelled(context.getAuthenticationSession(), id)) {
            context.cancel();
        } else {
            requiredActionChallenge(context);
        }
    }

    @Override
    public void close() {
        // Holds nothing.
    }

    /**
     * True for a step that does not exist for this user, and for one that only the application asks for, if the bridge
     * does not serve this user or nobody has configured its address.
     */
    private boolean isPassedOver(RequiredActionContext context) {
        if (!Pending.existing(context.getRealm(), context.getUser()).contains(id)) {
            return true;
        }
        boolean servable = Ownership.isServed(context.getUser())
                && Setup.of(context.getSession(), context.getRealm(), id).stepUrl() != null;
        return !servable && Handoff.canBeCancelled(context.getAuthenticationSession(), id);
    }

    private boolean mayFinish(RequiredActionContext context, Login login) {
        UserModel user = context.getUser();
        return login.done().contains(id)
                && !Pending.ofUser(context.getRealm(), user).contains(id)
                && !(login.cameFromMail() && SecondFactor.has(user))
                && !new Supersession(context.getSession(), context.getRealm()).isSuperseded(login, user);
    }

    /**
     * Lets all steps done in this login pass at once, without a second bounce. {@code ignore()} rather than {@code
     * success()}: the back channel has removed the steps from the user and written their events already, and a step
     * assigned again since then must stay.
     */
    private void openGate(RequiredActionContext context, Login login) {
        AuthenticationSessionModel authSession = login.session();
        Set<String> done = login.done();
        done.forEach(authSession::removeRequiredAction);
        String initiated = authSession.getClientNote(Constants.KC_ACTION);
        if (initiated != null && done.contains(initiated)) {
            AuthenticationManager.setKcActionStatus(initiated, KcActionStatus.SUCCESS, authSession);
            nameToApplication(authSession, initiated);
        }
        login.settle();
        context.ignore();
    }

    /** Keycloak reports this note, not the action asked for, as kc_action to the application. */
    private static void nameToApplication(AuthenticationSessionModel authSession, String step) {
        authSession.setAuthNote(AuthenticationProcessor.LAST_PROCESSED_EXECUTION, step);
    }

    private void handOver(RequiredActionContext context, Login login) {
        Setup setup = Setup.of(context.getSession(), context.getRealm(), id);
        if (setup.stepUrl() == null) {
            refuse(context, "kcbStepNotConfigured");
            return;
        }
        Optional<String> ticket = new Tickets(context.getSession(), context.getRealm()).of(login, setup.ticketTtl());
        if (ticket.isEmpty()) {
            refuse(context, Messages.EXPIRED_CODE);
            return;
        }
        closeGate(context, login);
        List<String> pending = Pending.ofLogin(context.getRealm(), context.getUser(), login);
        context.challenge(Response.status(Response.Status.FOUND)
                .location(UriBuilder.fromUri(setup.stepUrl())
                        .queryParam("handoff", Handoff.sign(context, login, ticket.get(), pending)).build())
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .header("Referrer-Policy", "no-referrer")
                .build());
    }

    private void closeGate(RequiredActionContext context, Login login) {
        AuthenticationSessionModel authSession = login.session();
        login.offer(Set.copyOf(Pending.ofUser(context.getRealm(), context.getUser())));
        // An initiated action is a gate by itself, and could no longer be cancelled if it were required as well.
        if (!id.equals(authSession.getClientNote(Constants.KC_ACTION))) {
            authSession.addRequiredAction(id);
        }
    }

    private static void refuse(RequiredActionContext context, String message) {
        context.challenge(ErrorPage.error(context.getSession(), context.getAuthenticationSession(),
                Response.Status.BAD_REQUEST, message));
    }
}
