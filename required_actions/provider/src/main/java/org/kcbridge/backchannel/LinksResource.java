package org.kcbridge.backchannel;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.kcbridge.link.ActivationActionToken;
import org.kcbridge.login.Pending;
import org.keycloak.common.util.Time;
import org.keycloak.models.UserModel;
import org.keycloak.protocol.oidc.utils.RedirectUtils;
import org.keycloak.services.resources.LoginActionsService;

/** Mints the short-lived token by which Keycloak recognises somebody who has opened a link of ours. */
public class LinksResource {

    /** Seconds. The mailed link is the bridge's own and lives longer; this one only carries the browser over. */
    private static final int LONGEST_LIFE = 600;

    private final Call call;

    LinksResource(Call call) {
        this.call = call;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Response mint(String text) {
        return call.answer(() -> mint(Body.parse(text)), "links");
    }

    private Response mint(Body body) {
        UserModel user = call.owned(body.text("userId"));
        ActivationActionToken token = new ActivationActionToken(user.getId(), expiry(body), client(body), steps(body, user),
                redirectUri(body), body.optionalText("ref"), body.optionalText("locale"));
        UriInfo uri = call.session().getContext().getUri();
        String key = token.serialize(call.session(), call.realm(), uri);
        String url = LoginActionsService.actionTokenProcessor(uri).queryParam("key", key)
                .build(call.realm().getName()).toString();
        return call.json(Response.Status.CREATED.getStatusCode(),
                Map.of("url", url, "id", token.getId(), "expires_at", token.getExp()));
    }

    private static int expiry(Body body) {
        int expiresAt = body.epochSeconds("expiresAt");
        int now = Time.currentTime();
        if (expiresAt <= now || expiresAt > now + LONGEST_LIFE) {
            throw Refusal.unprocessable("bad_expiry").with("longest", LONGEST_LIFE);
        }
        return expiresAt;
    }

    /** A link logs in to the caller's own pages, never to another application. */
    private String client(Body body) {
        if (!body.text("clientId").equals(call.caller().getClientId())) {
            throw Refusal.forbidden("foreign_client");
        }
        return call.caller().getClientId();
    }

    private List<String> steps(Body body, UserModel user) {
        List<String> asked = body.texts("actions");
        List<String> existing = Pending.existing(call.realm(), user);
        List<String> unknown = asked.stream().filter(step -> !existing.contains(step)).toList();
        if (asked.isEmpty() || !unknown.isEmpty()) {
            throw Refusal.unprocessable("unknown_action").with("actions", unknown);
        }
        return asked;
    }

    /** @return the address asked for, or the first one registered without a wildcard */
    private String redirectUri(Body body) {
        String asked = body.optionalText("redirectUri");
        String uri = asked != null ? asked : call.caller().getRedirectUris().stream()
                .filter(registered -> !registered.contains("*")).sorted().findFirst().orElse(null);
        String verified = uri == null ? null : RedirectUtils.verifyRedirectUri(call.session(), uri, call.caller());
        if (verified == null) {
            throw Refusal.unprocessable("bad_redirect_uri");
        }
        return verified;
    }
}
