package org.kcbridge.action;

import jakarta.ws.rs.core.UriBuilder;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.kcbridge.login.Login;
import org.keycloak.authentication.RequiredActionContext;
import org.keycloak.common.util.Time;
import org.keycloak.crypto.Algorithm;
import org.keycloak.crypto.SignatureProvider;
import org.keycloak.jose.jws.JWSBuilder;
import org.keycloak.models.Constants;
import org.keycloak.services.Urls;
import org.keycloak.services.resources.LoginActionsService;
import org.keycloak.sessions.AuthenticationSessionModel;

/** The signed message that carries a browser, and the name of its login, to the bridge. */
final class Handoff {

    static final String TYPE = "kcb-handoff+jwt";
    static final String AUDIENCE = "kc-bridge-web";
    static final String PROOF_PARAM = "kcb_proof";
    static final String CANCEL_PARAM = "kcb_cancel";

    /** Seconds. */
    private static final int LIFETIME = 120;

    private Handoff() {
    }

    /** @return the claims of docs/protocol.md as a compact RS256 JWS by the realm's key */
    static String sign(RequiredActionContext context, Login login, String ticket, List<String> pending) {
        Map<String, Object> claims = new LinkedHashMap<>();
        int now = Time.currentTime();
        claims.put("iss", Urls.realmIssuer(context.getUriInfo().getBaseUri(), context.getRealm().getName()));
        claims.put("aud", AUDIENCE);
        claims.put("sub", context.getUser().getId());
        claims.put("iat", now);
        claims.put("exp", now + LIFETIME);
        claims.put("jti", UUID.randomUUID().toString());
        claims.put("act", context.getAction());
        claims.put("acts", pending);
        claims.put("ticket", ticket);
        claims.put("tab", login.session().getTabId());
        claims.put("ret", returnUrl(context).toString());
        claims.put("cid", login.session().getClient().getClientId());
        claims.put("locale", context.getSession().getContext().resolveLocale(context.getUser()).toLanguageTag());
        boolean initiated = canBeCancelled(login.session(), context.getAction());
        claims.put("aia", initiated);
        if (initiated) {
            claims.put("cancel", cancelUrl(context).toString());
        }
        if (login.ref() != null) {
            claims.put("ref", login.ref());
        }
        // Not session.tokens().encode(): it may choose HS512, which nobody can verify by JWKS.
        return new JWSBuilder().type(TYPE).jsonContent(claims)
                .sign(context.getSession().getProvider(SignatureProvider.class, Algorithm.RS256).signer());
    }

    /** True for an application-initiated action (kc_action) that nobody requires of the user anyway. */
    static boolean canBeCancelled(AuthenticationSessionModel authSession, String step) {
        return step.equals(authSession.getClientNote(Constants.KC_ACTION_EXECUTING))
                && !Boolean.parseBoolean(authSession.getClientNote(Constants.KC_ACTION_ENFORCED));
    }

    /** Without session_code, which the first request spends, the address works as long as the login lives. */
    private static URI returnUrl(RequiredActionContext context) {
        return UriBuilder.fromUri(context.getActionUrl("")).replaceQueryParam(LoginActionsService.SESSION_CODE).build();
    }

    /** With session_code: only an action request may cancel, and nobody else can guess the address. */
    private static URI cancelUrl(RequiredActionContext context) {
        return UriBuilder.fromUri(context.getActionUrl()).queryParam(CANCEL_PARAM, "true").build();
    }
}
