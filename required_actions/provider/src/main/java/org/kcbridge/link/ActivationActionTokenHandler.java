package org.kcbridge.link;

import jakarta.ws.rs.core.Response;
import org.kcbridge.login.Login;
import org.kcbridge.login.Ownership;
import org.kcbridge.login.Pending;
import org.kcbridge.login.SecondFactor;
import org.keycloak.TokenVerifier.Predicate;
import org.keycloak.authentication.actiontoken.AbstractActionTokenHandler;
import org.keycloak.authentication.actiontoken.ActionTokenContext;
import org.keycloak.authentication.actiontoken.TokenUtils;
import org.keycloak.events.Errors;
import org.keycloak.events.EventType;
import org.keycloak.locale.LocaleSelectorProvider;
import org.keycloak.models.KeycloakSession;
import org.keycloak.protocol.oidc.OIDCLoginProtocol;
import org.keycloak.protocol.oidc.utils.OIDCResponseType;
import org.keycloak.protocol.oidc.utils.RedirectUtils;
import org.keycloak.services.managers.AuthenticationManager;
import org.keycloak.services.messages.Messages;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * Opens an activation link. Unlike Keycloak's execute-actions token it ends in a session, marks no address as
 * verified, and may be opened again until it is finished: whoever completes a step first claims it (see Supersession).
 */
public class ActivationActionTokenHandler extends AbstractActionTokenHandler<ActivationActionToken> {

    public ActivationActionTokenHandler() {
        super(ActivationActionToken.TOKEN_TYPE, ActivationActionToken.class, Messages.INVALID_CODE,
                EventType.EXECUTE_ACTIONS, Errors.NOT_ALLOWED);
    }

    @Override
    public Predicate<? super ActivationActionToken>[] getVerifiers(ActionTokenContext<ActivationActionToken> context) {
        // Checked when the link was minted as well; roles, redirect addresses and people change.
        return TokenUtils.predicates(
                TokenUtils.checkThat(
                        token -> RedirectUtils.verifyRedirectUri(context.getSession(), token.redirectUri(),
                                context.getAuthenticationSession().getClient()) != null,
                        Errors.INVALID_REDIRECT_URI, Messages.INVALID_REDIRECT_URI),
                TokenUtils.checkThat(
                        token -> Ownership.isOwned(context.getAuthenticationSession().getAuthenticatedUser()),
                        Errors.NOT_ALLOWED, Messages.INVALID_CODE),
                TokenUtils.checkThat(
                        token -> Pending.existing(context.getRealm(),
                                context.getAuthenticationSession().getAuthenticatedUser()).stream()
                                .anyMatch(token.steps()::contains),
                        Errors.RESOLVE_REQUIRED_ACTIONS, Messages.INVALID_TOKEN_REQUIRED_ACTIONS),
                TokenUtils.checkThat(
                        token -> !context.getSession().revokedTokens().contains(token.serializeKey()),
                        Errors.EXPIRED_CODE, Messages.EXPIRED_ACTION));
    }

    /** Always a login of its own, even beside one already begun in this browser. */
    @Override
    public AuthenticationSessionModel startFreshAuthenticationSession(ActivationActionToken token,
            ActionTokenContext<ActivationActionToken> context) {
        return context.createAuthenticationSessionForClient(token.getIssuedFor());
    }

    @Override
    public Response handleToken(ActivationActionToken token, ActionTokenContext<ActivationActionToken> context) {
        KeycloakSession session = context.getSession();
        AuthenticationSessionModel authSession = context.getAuthenticationSession();
        authSession.setRedirectUri(token.redirectUri());
        authSession.setClientNote(OIDCLoginProtocol.REDIRECT_URI_PARAM, token.redirectUri());
        // Nobody asked for a code, so none is sent: the session is what the landing page needs.
        authSession.setClientNote(OIDCLoginProtocol.RESPONSE_TYPE_PARAM, OIDCResponseType.NONE);
        if (token.locale() != null) {
            authSession.setAuthNote(LocaleSelectorProvider.USER_REQUEST_LOCALE, token.locale());
        }
        new Login(authSession).beganByLink(token.serializeKey(), token.ref());
        token.steps().forEach(authSession::addRequiredAction);
        if (SecondFactor.has(authSession.getAuthenticatedUser())) {
            // Such a login gets no proof; should its steps vanish (switched off meanwhile), it still makes no session.
            authSession.setAuthNote(AuthenticationManager.END_AFTER_REQUIRED_ACTIONS, "true");
        }
        AuthenticationManager.setClientScopesInSession(session, authSession);
        String next = AuthenticationManager.nextRequiredAction(session, authSession, context.getRequest(),
                context.getEvent());
        return AuthenticationManager.redirectToRequiredActions(session, context.getRealm(), authSession,
                context.getUriInfo(), next);
    }
}
